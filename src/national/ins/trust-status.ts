/**
 * How far an identity can be trusted, RNIV EXI SI 07: two facts, computed at write and never read
 * off one code. Decision 29.
 */
import type { JsonObject, JsonValue, Resource } from '../../fhir/resource.ts'
import { isObject } from '../../fhir/resource.ts'
import { missingTraits } from './five-traits.ts'
import { insAuthorityOf } from './ins-oids.ts'
import { extensionsOf, newStatusSystem, objectsIn, reliabilityUrl } from './patient-elements.ts'

export type TrustStatus = 'qualifiee' | 'recuperee' | 'validee' | 'provisoire'

export interface IdentityTrust {
  readonly isRecoveredFromInsi: boolean
  readonly isCoherenceChecked: boolean
  readonly status: TrustStatus
}

export function identityTrust(patient: Resource): IdentityTrust {
  const statements = extensionsOf(patient, reliabilityUrl)
  const codings = statements.flatMap((statement) => codingsIn(statement, 'identityStatus'))
  if (isDoubtful(statements, codings)) return toTrust(false, false)
  const uses = insUses(patient)
  const isStated = (code: string, system?: string) =>
    codings.some((coding) => coding.code === code && (!system || coding.system === system))
  if (isStated('QUAL', newStatusSystem)) return toTrust(true, true)
  if (isStated('RECUP', newStatusSystem)) return toTrust(true, false)
  if (isStated('VALI', newStatusSystem)) return toTrust(false, true)
  // PROV beside VALI contradicts it: the weaker one counts.
  if (isStated('VALI') && !isStated('PROV')) return toTrust(uses.includes('official'), true)
  return toTrust(uses.length > 0 || isRecovered(statements), false)
}

/** Qualified, with the five traits: the only identity whose INS may leave. Decision 30. */
export function isQualifiedIdentity(patient: Resource): boolean {
  return identityTrust(patient).status === 'qualifiee' && missingTraits(patient).length === 0
}

function toTrust(isRecoveredFromInsi: boolean, isCoherenceChecked: boolean): IdentityTrust {
  return {
    isRecoveredFromInsi,
    isCoherenceChecked,
    status: isRecoveredFromInsi
      ? isCoherenceChecked
        ? 'qualifiee'
        : 'recuperee'
      : isCoherenceChecked
        ? 'validee'
        : 'provisoire',
  }
}

/** Douteuse and fictive go with provisoire only, and take the INS its worth. RNIV EXI SI 09. */
function isDoubtful(statements: readonly JsonObject[], codings: readonly JsonObject[]): boolean {
  const comments = statements.flatMap((statement) => codingsIn(statement, 'comment'))
  return [...codings, ...comments].some(({ code }) => code === 'DOUT' || code === 'FICT')
}

/** INSi called, or the carte Vitale read, which is followed by a call. */
function isRecovered(statements: readonly JsonObject[]): boolean {
  return statements
    .flatMap((statement) => codingsIn(statement, 'methodCollection'))
    .some(({ code }) => code === 'INSI' || code === 'CV')
}

/** The `use` of each INS that the Patient carries. */
function insUses(patient: Resource): readonly (JsonValue | undefined)[] {
  return objectsIn(patient.identifier)
    .filter(({ system, value }) => insAuthorityOf(system) && typeof value === 'string')
    .map(({ use }) => use)
}

function codingsIn(statement: JsonObject, name: string): readonly JsonObject[] {
  return extensionsOf(statement, name).flatMap(({ valueCoding, valueCodeableConcept }) => [
    ...(isObject(valueCoding) ? [valueCoding] : []),
    ...(isObject(valueCodeableConcept) ? objectsIn(valueCodeableConcept.coding) : []),
  ])
}

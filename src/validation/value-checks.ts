/** Checks of single values beyond their type's format. R4 datatypes.html. */
import type { JsonValue } from '../fhir/resource.ts'
import { isOidUrn, isUuidUrn } from './primitives.ts'
import { resolveReference } from './resolution.ts'
import { shown, type Run } from './run.ts'
import type { ValueCheck } from './shape.ts'

/** What values of a primitive type are checked for besides the format. */
export function valueChecks(type: string): readonly ValueCheck[] {
  return byType[type] ?? []
}

const byType: Readonly<Record<string, readonly ValueCheck[]>> = {
  string: [checkWhiteSpace],
  uri: [checkUri],
  url: [checkUri],
  canonical: [checkUri, checkCanonical],
  date: [checkYear],
  dateTime: [checkYear],
  instant: [checkYear],
}

function checkWhiteSpace(value: JsonValue, run: Run): void {
  if (typeof value !== 'string') return
  if (value.charCodeAt(0) <= 32 || value.charCodeAt(value.length - 1) <= 32) {
    run.report('white-space', `'${shown(value)}' begins or ends with white space`)
  }
}

function checkUri(value: JsonValue, run: Run): void {
  if (typeof value !== 'string' || value.charCodeAt(0) === 104) return
  if (value.startsWith('oid:') || value.startsWith('uuid:')) {
    run.report('uri-value', `URIs start with urn:oid: or urn:uuid:, not '${shown(value)}'`)
  } else if (value.startsWith('urn:oid:')) {
    if (!isOidUrn(value)) run.report('uri-value', `'${shown(value)}' is not a valid OID`)
  } else if (value.startsWith('urn:uuid:')) {
    if (!isUuidUrn(value.replace(/#.*$/, ''))) {
      run.report('uri-value', `'${shown(value)}' is not a valid UUID`)
    }
  }
}

/** Absolute, or a contained resource that is there. R4 references.html#canonical. */
function checkCanonical(value: JsonValue, run: Run): void {
  if (typeof value !== 'string') return
  if (value.startsWith('#')) {
    if (!resolveReference(value, run)) {
      run.report('uri-value', `The canonical '${shown(value)}' is not contained`)
    }
  } else if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(value)) {
    run.report('uri-value', `Canonical URLs must be absolute, not '${shown(value)}'`)
  }
}

function checkYear(value: JsonValue, run: Run): void {
  if (typeof value !== 'string') return
  const year = +value.slice(0, 4)
  if (year < 1800 || year > 2200) {
    run.report('date-range', `The year of '${shown(value)}' is outside 1800 to 2200`)
  }
}

/** An element id stands once in its resource. R4 element.html#id. */
export const checkElementId: ValueCheck = (value, run) => {
  const { scope } = run
  // The elements of a snapshot and a differential share their ids.
  if (scope.resource.resourceType === 'StructureDefinition') return
  const ids = (scope.seenIds ??= new Set())
  if (ids.has(value)) run.report('duplicate-element-id', `Duplicate id value '${shown(value)}'`)
  ids.add(value)
}

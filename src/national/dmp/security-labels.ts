/** Visibility and confidentiality of a document. Decisions 11, 46, 47 and 69. */
import type { Issue } from '../../fhir/operation-outcome.ts'
import { isObject, type JsonObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import type { Draft } from '../../interactions/draft.ts'
import type { IndexEntry } from '../../search/index-entry.ts'
import {
  actCodeSystem,
  confidentialitySystem,
  misspeltVisibilitySystem,
  nosConfidentialitySystem,
  visibilitySystem,
} from './dmp-codes.ts'
import { dmpIssue } from './dmp-issue.ts'
import { objectsOf } from './document-parts.ts'

const visibilityCodes = new Set([
  'MASQUE_PS',
  'INVISIBLE_PATIENT',
  'INVISIBLE_REPRESENTANTS_LEGAUX',
  'MASQUE_PSOCIAL',
  'MASQUE_PT',
])
const levels = ['N', 'R', 'V']

export interface Label {
  readonly kind: 'visibility' | 'level'
  /** `NOPAT` counts as INVISIBLE_PATIENT. */
  readonly code: string
  readonly concept: JsonObject
}

/** Reads one CodeableConcept of securityLabel; undefined when it is no known label. */
export function readLabel(concept: JsonValue): Label | undefined {
  if (!isObject(concept) || !Array.isArray(concept.coding)) return undefined
  const labels = concept.coding.map((coding) => readCoding(coding))
  const [first] = labels
  // Every coding must be known, and say the same: an unknown one might hide more (fail closed).
  if (!first || labels.some((label) => label?.code !== first.code)) return undefined
  return { ...first, concept }
}

function readCoding(coding: JsonValue): Omit<Label, 'concept'> | undefined {
  if (!isObject(coding) || typeof coding.code !== 'string') return undefined
  const { system, code } = coding
  if (system === visibilitySystem && visibilityCodes.has(code)) return { kind: 'visibility', code }
  if (system === actCodeSystem && code === 'NOPAT')
    return { kind: 'visibility', code: 'INVISIBLE_PATIENT' }
  const isLevel = system === confidentialitySystem || system === nosConfidentialitySystem
  return isLevel && levels.includes(code) ? { kind: 'level', code } : undefined
}

/** An issue for each label that is not known. */
export function checkLabels(labels: JsonValue | undefined): readonly Issue[] {
  const list = Array.isArray(labels) ? labels : labels === undefined ? [] : [labels]
  return list.flatMap((concept, index) => {
    if (readLabel(concept)) return []
    const sent = JSON.stringify(isObject(concept) ? concept.coding : concept)
    return dmpIssue({
      rule: 'pdsm-label',
      code: 'code-invalid',
      expression: `DocumentReference.securityLabel[${index}]`,
      diagnostics: `securityLabel[${index}] ${sent} is no known label${hint(concept)}`,
    })
  })
}

function hint(concept: JsonValue): string {
  const sent = JSON.stringify(concept)
  return sent.includes(misspeltVisibilitySystem)
    ? `: the system is spelt ${visibilitySystem} ("Statut", not "Status")`
    : ''
}

const normal: JsonObject = {
  coding: [{ system: confidentialitySystem, code: 'N', display: 'normal' }],
}

/** At submission labels are kept as sent; N is added where no level is given. */
export function withLevel(labels: readonly JsonValue[]): readonly JsonValue[] {
  return labels.some((concept) => readLabel(concept)?.kind === 'level')
    ? labels
    : [...labels, normal]
}

/** After a change: visibility first, in the order given, no duplicates, then the one strictest level. */
export function normalizeLabels(labels: readonly JsonValue[]): readonly JsonValue[] {
  const known = labels.map((concept) => readLabel(concept)).filter((label) => label !== undefined)
  const seen = new Set<string>()
  const visibility = known.filter(({ kind, code }) => {
    if (kind !== 'visibility' || seen.has(code)) return false
    seen.add(code)
    return true
  })
  const level = known
    .filter(({ kind }) => kind === 'level')
    .reduce<Label | undefined>(
      (strictest, label) =>
        !strictest || levels.indexOf(label.code) > levels.indexOf(strictest.code)
          ? label
          : strictest,
      undefined,
    )
  return [...visibility.map(({ concept }) => concept), level?.concept ?? normal]
}

/** The visibility codes among labels. */
export function visibilityOf(labels: JsonValue | undefined): ReadonlySet<string> {
  const list = Array.isArray(labels) ? labels : []
  return new Set(
    list.flatMap((concept) => {
      const label = readLabel(concept)
      return label?.kind === 'visibility' ? [label.code] : []
    }),
  )
}

/** The other names of a label, so that searches by any of them find it (decisions 11 and 47). */
export function labelEntries(resource: Resource, draft: Draft): readonly IndexEntry[] {
  if (draft.type !== 'DocumentReference' || !Array.isArray(resource.securityLabel)) return []
  const written = new Set(codingsOf(resource.securityLabel).map(nameOf))
  const names = new Map<string, Name>()
  for (const coding of codingsOf(resource.securityLabel)) {
    const label = readCoding(coding)
    for (const name of label ? namesOf(label) : [])
      if (!written.has(nameOf(name))) names.set(nameOf(name), name)
  }
  return [...names.values()].map(({ system, code }) => ({
    kind: 'token',
    code: 'security-label',
    system,
    value: code,
  }))
}

interface Name {
  readonly system: string
  readonly code: string
}

function namesOf({ kind, code }: Omit<Label, 'concept'>): readonly Name[] {
  if (kind === 'level')
    return [confidentialitySystem, nosConfidentialitySystem].map((system) => ({ system, code }))
  return [
    { system: visibilitySystem, code },
    ...(code === 'INVISIBLE_PATIENT' ? [{ system: actCodeSystem, code: 'NOPAT' }] : []),
  ]
}

function nameOf({ system, code }: { system?: JsonValue; code?: JsonValue }): string {
  return `${String(system)}|${String(code)}`
}

function codingsOf(labels: readonly JsonValue[]): readonly JsonObject[] {
  return objectsOf([...labels]).flatMap(({ coding }) => objectsOf(coding))
}

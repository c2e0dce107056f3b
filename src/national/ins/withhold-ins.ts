/**
 * The outward form of a resource: the same without each INS that may not travel. Decisions 30 and
 * 70: in every answer, contained resources and logical references included.
 */
import type { JsonObject, JsonValue, Resource } from '../../fhir/resource.ts'
import { isObject, isResource } from '../../fhir/resource.ts'
import { readIns } from './ins-oids.ts'
import type { Ins } from './ins-oids.ts'

export interface WithholdOptions {
  /** Asked for each INS: whether it stays. */
  readonly insMayTravel: (ins: Ins) => boolean
}

const ABSENT_REASON = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason'

/** The form without what is withheld; undefined when nothing has to be. Never changes its input. */
export function withheldForm(resource: Resource, options: WithholdOptions): Resource | undefined {
  const result = withoutIns(resource, options, new Set())
  return result !== resource && isResource(result) ? result : undefined
}

/**
 * The value without withheld identifiers, the same object when there are none; undefined when the
 * value was itself one. `withheld` gathers the matricules found on the way.
 */
function withoutIns(
  value: JsonValue,
  options: WithholdOptions,
  withheld: Set<string>,
): JsonValue | undefined {
  if (Array.isArray(value)) return listWithoutIns(value, options, withheld)
  if (!isObject(value)) return value
  const ins = readIns(value)
  if (ins && !options.insMayTravel(ins)) {
    withheld.add(ins.value)
    return undefined
  }
  const own = isResource(value) ? new Set<string>() : withheld
  const result = objectWithoutIns(value, options, own)
  if (!isResource(value)) return result
  for (const matricule of own) withheld.add(matricule)
  return isObject(result) ? withoutTellingNarrative(result, own) : result
}

function listWithoutIns(
  list: JsonValue[],
  options: WithholdOptions,
  withheld: Set<string>,
): JsonValue | undefined {
  let kept: (JsonValue | undefined)[] | undefined
  for (const [index, item] of list.entries()) {
    const after = withoutIns(item, options, withheld)
    if (after !== item) (kept ??= [...list])[index] = after
  }
  if (!kept) return list
  const rest = kept.filter((item) => item !== undefined)
  return rest.length > 0 ? rest : undefined
}

function objectWithoutIns(
  value: JsonObject,
  options: WithholdOptions,
  withheld: Set<string>,
): JsonObject | undefined {
  // Nearly every object stays as it is: nothing is made for those.
  let changed: Map<string, JsonValue | undefined> | undefined
  for (const name in value) {
    const before = value[name]!
    const after = withoutIns(before, options, withheld)
    if (after !== before) (changed ??= new Map()).set(name, after)
  }
  if (!changed) return value
  // An extension or parameter whose value is withheld says nothing more: it goes as a whole.
  const lost = [...changed].filter(([, after]) => after === undefined).map(([name]) => name)
  if (lost.some((name) => name.startsWith('value'))) return undefined
  const result: JsonObject = {}
  for (const name in value) {
    const member = changed.has(name) ? changed.get(name) : value[name]
    if (member !== undefined) result[name] = member
  }
  if (Object.keys(result).length === 0 && !lost.includes('identifier')) return undefined
  return lost.includes('identifier') && isBareReference(result) ? masked(result) : result
}

/** A logical reference whose identifier is gone: nothing but perhaps a type is left. */
function isBareReference(value: JsonObject): boolean {
  return Object.keys(value).every((name) => name === 'type' || name === 'id')
}

function masked(reference: JsonObject): JsonObject {
  return { ...reference, extension: [{ url: ABSENT_REASON, valueCode: 'masked' }] }
}

/** A narrative that shows a withheld matricule goes; it repeats what the elements say. */
function withoutTellingNarrative(resource: JsonObject, withheld: ReadonlySet<string>): JsonObject {
  const { text, ...rest } = resource
  if (withheld.size === 0 || !isObject(text) || typeof text.div !== 'string') return resource
  const shown = text.div.replaceAll(/<[^>]*>|\s|&nbsp;|&#160;/g, '').toUpperCase()
  return [...withheld].some((matricule) => shown.includes(compact(matricule))) ? rest : resource
}

function compact(matricule: string): string {
  return matricule.replaceAll(/\s/g, '').toUpperCase()
}

/**
 * What a resource says under each search parameter. Each type's parameters are compiled into one
 * walk over the resource when the type is first met, and anew when the registry changes.
 * R4 search.html#ptypes.
 */
import type { Registry } from '../conformance/registry.ts'
import type { Resource } from '../fhir/resource.ts'
import { createPeriodReader } from './index-dates.ts'
import type { IndexEntry } from './index-entry.ts'
import { createSlot, IndexOutput } from './index-output.ts'
import type { CodeSlot } from './index-output.ts'
import { compilePlan } from './index-plan.ts'
import type { IndexPlan, IndexProblem, OnContained } from './index-plan.ts'

export interface IndexExtractorOptions {
  readonly registry: Pick<Registry, 'searchParameters' | 'typeModel' | 'epoch'>
  /** Of dates without a zone. */
  readonly timeZone: string
  /** Of this server, without a slash at the end. */
  readonly baseUrl: string
  /** By type: what a resource counts as saying where it says nothing under the entry's code. */
  readonly defaultEntries?: Readonly<Record<string, readonly IndexEntry[]>>
  /** Told of each parameter that is left out because its expression cannot be used. */
  readonly onProblem?: (problem: IndexProblem) => void
}

export type IndexExtractor = (resource: Resource) => IndexEntry[]

/** The store knows these of every version. */
const KNOWN_TO_STORE = new Set(['_id', '_lastUpdated'])

/**
 * What is indexed of a contained resource, under `<code>.<inner code>`: `author.family`. References
 * between contained resources are followed once more (`author.practitioner.family`).
 */
export const containedChainCodes: ReadonlySet<string> = new Set([
  'identifier',
  'name',
  'family',
  'given',
  'specialty',
  'type',
  'role',
  'organization',
  'practitioner',
  'active',
])

/** Of the practitioner behind a contained PractitionerRole: found as if they were its own. */
const LIFTED_CODES: ReadonlySet<string> = new Set(['identifier', 'name', 'family', 'given'])

/** `author` and `author.practitioner` may lead further, `author.practitioner.x` not. */
const CHAIN_DEPTH_MAX = 2

/** Entries come without order, each once; `_id`, `_lastUpdated` and special parameters give none. */
export function createIndexExtractor(options: IndexExtractorOptions): IndexExtractor {
  const { registry, defaultEntries = {} } = options
  let compiled = createPlans(options)
  let { epoch } = registry
  return (resource) => {
    if (registry.epoch !== epoch) {
      epoch = registry.epoch
      compiled = createPlans(options)
    }
    const output = new IndexOutput(resource)
    compiled.planOf(resource.resourceType).run(resource, output)
    for (const entry of defaultEntries[resource.resourceType] ?? []) {
      const slot = compiled.slotOf(entry.code)
      if (!output.has(slot)) output.push(slot, entry)
    }
    return output.entries
  }
}

interface Plans {
  planOf(type: string): IndexPlan
  slotOf(code: string): CodeSlot
}

function createPlans(options: IndexExtractorOptions): Plans {
  const { registry, timeZone, baseUrl, onProblem = () => undefined } = options
  const plans = new Map<string, IndexPlan>()
  const slots = new Map<string, CodeSlot>()
  const readPeriod = createPeriodReader(timeZone)

  function slotOf(code: string): CodeSlot {
    let slot = slots.get(code)
    if (!slot) slots.set(code, (slot = createSlot(code)))
    return slot
  }

  /** `path` is the chain so far: empty, `author`, `author.practitioner`. */
  function compile(type: string, path: string, concerns: (code: string) => boolean): IndexPlan {
    const prefix = path === '' ? '' : `${path}.`
    const parameters = [...registry.searchParameters(type).values()]
    return compilePlan(
      parameters.filter(({ code }) => concerns(code)),
      {
        type,
        typeModel: registry.typeModel,
        baseUrl,
        readPeriod,
        slotOf: (code) => slotOf(prefix + code),
        onContained: (code) => intoContained(prefix + code),
        onProblem,
      },
    )
  }

  function planOf(type: string): IndexPlan {
    let plan = plans.get(type)
    if (!plan) plans.set(type, (plan = compile(type, '', (code) => !KNOWN_TO_STORE.has(code))))
    return plan
  }

  function intoContained(path: string): OnContained {
    if (path.split('.').length > CHAIN_DEPTH_MAX) return () => undefined
    const compiled = new Map<string, readonly IndexPlan[]>()
    return (contained, output) => {
      const type = contained.resourceType
      let inner = compiled.get(type)
      if (!inner) compiled.set(type, (inner = compileContained(type, path)))
      for (const plan of inner) plan.run(contained, output)
    }
  }

  function compileContained(type: string, path: string): readonly IndexPlan[] {
    const own = compile(type, path, (code) => containedChainCodes.has(code))
    if (!path.endsWith('.practitioner')) return [own]
    const parent = path.slice(0, path.lastIndexOf('.'))
    return [own, compile(type, parent, (code) => LIFTED_CODES.has(code))]
  }

  return { planOf, slotOf }
}

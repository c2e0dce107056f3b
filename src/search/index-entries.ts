/**
 * What a resource says under each search parameter. Each type's parameters are compiled into one
 * walk over the resource when the type is first met, and anew when the registry changes.
 * R4 search.html#ptypes.
 */
import type { Registry, SearchParameter } from '../conformance/registry.ts'
import type { Resource } from '../fhir/resource.ts'
import { createPeriodReader } from './index-dates.ts'
import type { IndexEntry } from './index-entry.ts'
import { createSlot, IndexOutput } from './index-output.ts'
import type { CodeSlot } from './index-output.ts'
import { compilePlan } from './index-plan.ts'
import type { IndexPlan, PlanContext } from './index-plan.ts'

export interface IndexExtractorOptions {
  readonly registry: Pick<Registry, 'searchParameters' | 'typeModel' | 'epoch'>
  /** Of dates without a zone. */
  readonly timeZone: string
  /** Of this server, without a slash at the end. */
  readonly baseUrl: string
  /** By type: what a resource counts as saying where it says nothing under the entry's code. */
  readonly defaultEntries?: Readonly<Record<string, readonly IndexEntry[]>>
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
const LIFTED_CODES: ReadonlySet<string> = new Set(['name', 'family', 'given'])

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
    compiled.planOf(resource.resourceType)?.run(resource, output)
    for (const entry of defaultEntries[resource.resourceType] ?? []) {
      const slot = compiled.slotOf(entry.code)
      if (!output.has(slot)) output.push(slot, entry)
    }
    return output.entries
  }
}

interface Plans {
  planOf(type: string): IndexPlan | undefined
  slotOf(code: string): CodeSlot
}

function createPlans({ registry, timeZone, baseUrl }: IndexExtractorOptions): Plans {
  const plans = new Map<string, IndexPlan | undefined>()
  const slots = new Map<string, CodeSlot>()
  const readPeriod = createPeriodReader(timeZone)

  function slotOf(code: string): CodeSlot {
    let slot = slots.get(code)
    if (!slot) slots.set(code, (slot = createSlot(code)))
    return slot
  }

  function remember(key: string, compile: () => IndexPlan): IndexPlan | undefined {
    if (!plans.has(key)) plans.set(key, compile())
    return plans.get(key)
  }

  function compile(type: string, parameters: readonly SearchParameter[], prefix: string) {
    const context: PlanContext = {
      type,
      typeModel: registry.typeModel,
      baseUrl,
      readPeriod,
      slotOf: (code) => slotOf(prefix + code),
      onContained: (code) => (contained, output) => runContained(prefix + code, contained, output),
    }
    return compilePlan(parameters, context)
  }

  function planOf(type: string): IndexPlan | undefined {
    return remember(type, () => {
      const parameters = [...registry.searchParameters(type).values()]
      return compile(
        type,
        parameters.filter(({ code }) => !KNOWN_TO_STORE.has(code)),
        '',
      )
    })
  }

  /** `path` is the chain so far: `author`, `author.practitioner`. */
  function runContained(path: string, contained: Resource, output: IndexOutput): void {
    if (path.split('.').length > CHAIN_DEPTH_MAX) return
    const codes = path.endsWith('.practitioner') ? LIFTED_CODES : undefined
    containedPlan(path, contained.resourceType, containedChainCodes)?.run(contained, output)
    if (codes) {
      const parent = path.slice(0, path.lastIndexOf('.'))
      containedPlan(parent, contained.resourceType, codes)?.run(contained, output)
    }
  }

  function containedPlan(path: string, type: string, codes: ReadonlySet<string>) {
    return remember(`${path}.${type}#${codes.size}`, () => {
      const parameters = [...registry.searchParameters(type).values()]
      return compile(
        type,
        parameters.filter(({ code }) => codes.has(code)),
        `${path}.`,
      )
    })
  }

  return { planOf, slotOf }
}

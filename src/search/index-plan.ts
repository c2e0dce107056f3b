/** The search parameters of one type compiled into one walk, and FHIRPath where no path will do. */
import type { SearchParameter, TypeModel } from '../conformance/registry.ts'
import { InvalidRequest } from '../errors.ts'
import type { Resource } from '../fhir/resource.ts'
import { parseFhirPath } from '../fhirpath/parse.ts'
import type { ReadPeriod } from './index-dates.ts'
import type { IndexEntry } from './index-entry.ts'
import { createSlot, IndexOutput } from './index-output.ts'
import type { CodeSlot } from './index-output.ts'
import { evaluatedSink } from './index-evaluated.ts'
import { placePaths } from './index-paths.ts'
import type { Place } from './index-paths.ts'
import { canonicalSink, inlineSink, referenceSink } from './index-references.ts'
import { createNode, prune, toWalker, walk } from './index-trie.ts'
import type { Sink, TrieNode } from './index-trie.ts'
import {
  dateSink,
  numberSink,
  quantitySink,
  stringSink,
  textTokenSink,
  tokenSink,
  uriSink,
} from './index-values.ts'

export interface PlanContext {
  readonly type: string
  readonly typeModel: (type: string) => TypeModel | undefined
  readonly baseUrl: string
  readonly readPeriod: ReadPeriod
  readonly slotOf: (code: string) => CodeSlot
  /** What to do with a contained resource that a reference under the code points to. */
  readonly onContained: (code: string) => OnContained
  readonly onProblem: (problem: IndexProblem) => void
}

/** A parameter that gives no entries because its expression cannot be used. */
export interface IndexProblem {
  readonly type: string
  readonly code: string
  readonly reason: string
}

export type OnContained = (contained: Resource, output: IndexOutput) => void

export interface IndexPlan {
  /** `resource` may be contained in `output.resource`. */
  run(resource: Resource, output: IndexOutput): void
  /** False when the resource holds nothing that the plan looks at. */
  concerns(resource: Resource): boolean
}

export function compilePlan(
  parameters: readonly SearchParameter[],
  context: PlanContext,
): IndexPlan {
  const trie = createNode('')
  const start: Place = { node: trie, type: context.type }
  const others: Sink[] = []
  for (const parameter of parameters) {
    if (parameter.type === 'special') continue
    try {
      others.push(...addParameter(parameter, start, context))
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error
      context.onProblem({ type: context.type, code: parameter.code, reason: error.message })
    }
  }
  prune(trie)
  const walker = toWalker(trie)
  const { children, sinks, filters } = walker
  const alwaysConcerns = others.length > 0 || sinks.length > 0 || filters.length > 0
  return {
    concerns: (resource) =>
      alwaysConcerns || children.some(({ name }) => resource[name] !== undefined),
    run(resource, output) {
      walk(walker, resource, output)
      for (const other of others) other(resource, output)
    },
  }
}

/** Puts the parameter's paths into the trie; returns what must be evaluated as FHIRPath. */
function addParameter(parameter: SearchParameter, start: Place, context: PlanContext): Sink[] {
  const expression = parseFhirPath(parameter.expression)
  const sinkFor = (type: string, codeSystem?: string) => {
    if (parameter.type === 'composite') return compositeSink(parameter, type, context)
    return parameter.ignoresCase
      ? textTokenSink(context.slotOf(parameter.code))
      : sinkOf(parameter.type, parameter.code, type, context, codeSystem)
  }
  const places = placePaths(expression, start, context.typeModel)
  if (!places) return [evaluatedSink(expression, parameter.expression, sinkFor, context)]
  for (const { node, type, codeSystem } of places) addSink(node, sinkFor(type, codeSystem))
  return []
}

function addSink(node: TrieNode, sink: Sink | undefined): void {
  if (sink) node.sinks.push(sink)
}

/** Undefined when elements of the type say nothing under such a parameter. */
function sinkOf(
  parameterType: SearchParameter['type'],
  code: string,
  type: string,
  context: PlanContext,
  codeSystem?: string,
): Sink | undefined {
  const slot = context.slotOf(code)
  switch (parameterType) {
    case 'token':
      return tokenSink(slot, type, codeSystem)
    case 'string':
      return stringSink(slot, type)
    case 'uri':
      return uriSink(slot, type)
    case 'date':
      return dateSink(slot, type, context.readPeriod)
    case 'number':
      return numberSink(slot, type)
    case 'quantity':
      return quantitySink(slot, type)
    case 'reference':
      return referenceSinkOf(slot, code, type, context)
    default:
      return undefined
  }
}

function referenceSinkOf(
  slot: CodeSlot,
  code: string,
  type: string,
  { slotOf, baseUrl, onContained, typeModel }: PlanContext,
): Sink | undefined {
  if (type === 'Reference') {
    const identifierSlot = slotOf(`${code}:identifier`)
    return referenceSink({ slot, identifierSlot, baseUrl, onContained: onContained(code) })
  }
  if (type === 'canonical' || type === 'uri' || type === 'url') return canonicalSink(slot)
  return typeModel(type)?.kind === 'resource' ? inlineSink(slot) : undefined
}

/** One entry per element of the base expression under which every component says something. */
function compositeSink(
  { code, components }: SearchParameter,
  type: string,
  context: PlanContext,
): Sink {
  const slot = context.slotOf(code)
  const slots = components.map(() => createSlot(code))
  const plans = components.map((component, i) => {
    const inner: PlanContext = {
      ...context,
      type,
      slotOf: (name) => (name === code ? slots[i]! : createSlot(name)),
      onContained: () => () => undefined,
    }
    return compilePlan([{ ...component, code, urls: [], targets: [], components: [] }], inner)
  })
  return (element, output) => {
    for (const plan of plans) if (!plan.concerns(element as Resource)) return
    const lists: (readonly IndexEntry[])[] = []
    for (const plan of plans) {
      const inner = new IndexOutput(output.resource)
      plan.run(element as Resource, inner)
      const isPlain = inner.entries.every((entry) => entry.code === code)
      const entries = isPlain ? inner.entries : inner.entries.filter((entry) => entry.code === code)
      if (entries.length === 0) return
      lists.push(entries)
    }
    output.push(slot, { kind: 'composite', code, components: lists })
  }
}

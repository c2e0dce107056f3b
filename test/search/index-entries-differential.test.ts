/** What is indexed against what the `fhirpath` package selects, on the examples at hand. */
import t from 'tap'
import type { SearchParameter } from '../../src/conformance/registry.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { isObject } from '../../src/fhir/resource.ts'
import { loadReferenceEngine } from '../../src/fhirpath/reference-engine.ts'
import { createPeriodReader } from '../../src/search/index-dates.ts'
import { createIndexExtractor } from '../../src/search/index-entries.ts'
import type { IndexEntry } from '../../src/search/index-entry.ts'
import { createSlot, IndexOutput } from '../../src/search/index-output.ts'
import { canonicalSink, referenceSink } from '../../src/search/index-references.ts'
import type { Sink } from '../../src/search/index-trie.ts'
import {
  dateSink,
  numberSink,
  quantitySink,
  stringSink,
  textTokenSink,
  tokenSink,
  uriSink,
} from '../../src/search/index-values.ts'
import { hasExamples, loadRegistry, loadResources } from '../fhirpath/corpus.ts'

const registry = await loadRegistry()
const reference = await loadReferenceEngine()
const options = { timeZone: 'Europe/Paris', baseUrl: 'http://localhost:8080/fhir' }
const extract = createIndexExtractor({ registry, ...options })
const skip = hasExamples ? false : 'the shared examples are not at hand'
const read = createPeriodReader(options.timeZone)

function sinkOf(
  { type, code, ignoresCase }: SearchParameter,
  elementType: string,
): Sink | undefined {
  const slot = createSlot(code)
  switch (type) {
    case 'token':
      return ignoresCase ? textTokenSink(slot) : tokenSink(slot, elementType)
    case 'string':
      return stringSink(slot, elementType)
    case 'uri':
      return uriSink(slot, elementType)
    case 'date':
      return dateSink(slot, elementType, read)
    case 'number':
      return numberSink(slot, elementType)
    case 'quantity':
      return quantitySink(slot, elementType)
    default:
      return elementType === 'Reference'
        ? referenceSink({
            slot,
            identifierSlot: createSlot(`${code}:identifier`),
            baseUrl: options.baseUrl,
            onContained: () => undefined,
          })
        : canonicalSink(slot)
  }
}

const SYSTEM_TYPES: Readonly<Record<string, string>> = {
  'System.Boolean': 'boolean',
  'System.String': 'string',
  'System.Integer': 'integer',
  'System.Decimal': 'decimal',
}

function expectedEntries(resource: Resource, parameter: SearchParameter): Set<string> {
  const output = new IndexOutput(resource)
  const expression = parameter.expression
    .replace(/\(([\w.]+) as (\w+)\)/g, '$1.ofType($2)')
    .replaceAll('.as(', '.ofType(')
  const environment = { resource, resolve: standIn(resource) }
  for (const { type, data } of reference(expression, resource, { environment })) {
    const elementType = SYSTEM_TYPES[type] ?? type.replace(/^FHIR\./, '')
    if (data !== null && data !== undefined) sinkOf(parameter, elementType)?.(data, output)
  }
  return keysOf(output.entries)
}

function standIn({ contained }: Resource) {
  return (text: string): JsonObject | undefined => {
    if (text.startsWith('#')) {
      const held = Array.isArray(contained) ? contained.filter(isObject) : []
      return held.find(({ id }) => id === text.slice(1))
    }
    const type = /(?:^|\/)([A-Z]\w+)\/[^/]+$/.exec(text)?.[1]
    return type === undefined ? undefined : { resourceType: type }
  }
}

/** Without the system that the binding of a code implies: the reference does not know it. */
function keysOf(entries: readonly IndexEntry[]): Set<string> {
  return new Set(
    entries.map((entry) => {
      if (entry.kind !== 'token' || !entry.systemImplied) return JSON.stringify(entry)
      return JSON.stringify({ kind: entry.kind, code: entry.code, value: entry.value })
    }),
  )
}

t.test('indexes what the reference selects', { skip }, async (t) => {
  let compared = 0
  for (const resource of loadResources()) {
    const { resourceType } = resource
    if (!registry.isResourceType(resourceType)) continue
    // Reference.type and conditional references are told apart by our own rules only.
    if (/"type":"[A-Z]\w+"|"reference":"\w+\?/.test(JSON.stringify(resource))) continue
    const entries = extract(resource)
    for (const parameter of registry.searchParameters(resourceType).values()) {
      const { code, type } = parameter
      if (type === 'composite' || type === 'special' || code === '_id' || code === '_lastUpdated')
        continue
      if (resourceType === 'Bundle' && type === 'reference') continue
      const inline = (entry: IndexEntry) =>
        entry.code === code || entry.code === `${code}:identifier`
      const ours = keysOf(entries.filter(inline))
      const theirs = expectedEntries(resource, parameter)
      compared++
      if (ours.size !== theirs.size || [...ours].some((key) => !theirs.has(key))) {
        t.same(
          [...ours],
          [...theirs],
          `${resourceType} ${String(resource.id)} ${code}: ${parameter.expression}`,
        )
      }
    }
  }
  t.comment(`${compared} parameters of resources compared`)
  t.ok(compared > 1_000)
})

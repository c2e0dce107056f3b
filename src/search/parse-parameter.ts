/**
 * One parameter as a clause: modifiers, chains, reverse chains. R4 search.html#modifiers,
 * #chaining, #has.
 */
import type { SearchParameter } from '../conformance/registry.ts'
import { parseIds, parseLastUpdated, parseReferenceValue, parseStrings } from './parse-value.ts'
import type { ValueSource } from './parse-value.ts'
import { parseToken, valueParsers } from './parse-value.ts'
import type { QueryContext, SentParameter } from './query-context.ts'
import {
  UnsupportedParameter,
  invalidValue,
  requireFollowed,
  requireParameter,
} from './query-context.ts'
import type { Clause } from './search-request.ts'
import { allOf, anyOf, everything, nothing } from './search-request.ts'
import { isEscapedWell, splitEscaped } from './split-values.ts'

const valuesMaxDefault = 200
const chainStepsMaxDefault = 3
/** Types that one step of a chain without `:Type` may mean. */
const chainTypesMax = 16

/** Where the parser stands: the type that a name belongs to, and the way there. */
interface Place {
  readonly type: string
  readonly name: string
  /** `author.`: the names of a contained resource, reached through `author`. */
  readonly prefix: string
  readonly stepsLeft: number
}

/**
 * The clause of one parameter of a search on `type`. Throws UnsupportedParameter for a name or
 * modifier that is not known, InvalidRequest for a value that cannot be understood.
 */
export function parseParameter(context: QueryContext, sent: SentParameter, type: string): Clause {
  const stepsLeft = context.limits.chainStepsMax ?? chainStepsMaxDefault
  return parseAt(context, sent, { type, name: sent.name, prefix: '', stepsLeft })
}

function parseAt(context: QueryContext, sent: SentParameter, place: Place): Clause {
  if (place.name.startsWith('_has:')) return parseHas(context, sent, place)
  if (place.name.includes('.')) return parseChain(context, sent, place)
  const [code = '', modifier] = splitName(place.name)
  const parameter = requireParameter(context, sent, place.type, code)
  const values = splitValues(context, sent)
  const { type, prefix } = place
  const source = { context, sent, type, parameter, code: prefix + code, values }
  const clause = applyModifier(source, modifier)
  // A `:not` inside a contained resource says nothing of resources that contain none.
  return prefix !== '' && clause.kind === 'not'
    ? allOf([{ kind: 'missing', code: source.code, missing: false }, clause])
    : clause
}

/** A name and what follows its first colon. */
function splitName(name: string): [string, string | undefined] {
  const colon = name.indexOf(':')
  return colon === -1 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)]
}

function splitValues({ limits }: QueryContext, sent: SentParameter): string[] {
  if (!isEscapedWell(sent.value)) {
    throw invalidValue(
      sent,
      `${sent.name} has a "\\" before what needs none; "\\" itself is written "\\\\"`,
    )
  }
  const values = splitEscaped(sent.value, ',')
  const valuesMax = limits.valuesMax ?? valuesMaxDefault
  if (values.length > valuesMax)
    throw invalidValue(
      sent,
      `${sent.name} has ${values.length} values; at most ${valuesMax} are taken`,
    )
  if (values.includes('')) throw invalidValue(sent, `${sent.name} has an empty value`)
  return values
}

type Modifier = (source: ValueSource) => Clause

const plain: Modifier = (source) => {
  if (source.code === '_id') return parseIds(source)
  if (source.code === '_lastUpdated') return parseLastUpdated(source)
  return valueParsers[source.parameter.type](source)
}

const not: Modifier = (source) => ({ kind: 'not', clause: plain(source) })

/** Which modifiers a type of parameter takes, beside `:missing` and `:<Type>`. */
const modifiers: Record<SearchParameter['type'], Readonly<Record<string, Modifier>>> = {
  token: { not },
  string: {
    exact: (source) => parseStrings(source, 'exact'),
    contains: (source) => parseStrings(source, 'contains'),
  },
  reference: {
    identifier: parseLogical,
  },
  date: {},
  uri: {},
  number: {},
  quantity: {},
  composite: {},
  special: {},
}

/** R4 search.html#reference: a canonical has no identifier beside itself. */
function parseLogical({ code, sent, values, parameter }: ValueSource): Clause {
  if (parameter.isCanonical)
    throw new UnsupportedParameter(
      sent.name,
      `"${code}" refers by canonical URL, which has no identifier to search for`,
    )
  return {
    kind: 'token',
    code: `${code}:identifier`,
    tokens: values.map((value) => parseToken(sent, value)),
  }
}

function applyModifier(source: ValueSource, modifier: string | undefined): Clause {
  const { context, sent, parameter } = source
  if (modifier === undefined) return plain(source)
  if (modifier === 'missing') return parseMissing(source)
  const known = modifiers[parameter.type]
  if (Object.hasOwn(known, modifier)) return known[modifier]!(source)
  if (parameter.type === 'reference' && context.registry.isResourceType(modifier)) {
    requireFollowed(sent, { ...parameter, code: source.code })
    requireTarget(source, modifier)
    const references = source.values.map((value) => parseReferenceValue(source, value, modifier))
    return { kind: 'reference', code: source.code, references }
  }
  const takes = [
    'missing',
    ...Object.keys(known),
    ...(parameter.type === 'reference' ? ['<Type>'] : []),
  ]
  throw new UnsupportedParameter(
    sent.name,
    `The modifier ":${modifier}" of "${sent.name}" is not supported; a parameter of type ${parameter.type} takes ${takes.map((name) => `:${name}`).join(', ')}`,
  )
}

function requireTarget(
  { sent, parameter }: Pick<ValueSource, 'sent' | 'parameter'>,
  type: string,
): void {
  const { targets } = parameter
  if (targets.length === 0 || targets.includes(type)) return
  throw new UnsupportedParameter(
    sent.name,
    `"${sent.name}" cannot refer to ${type}; it refers to ${targets.join(', ')}`,
  )
}

function parseMissing({ code, sent, parameter, values }: ValueSource): Clause {
  const [value] = values
  if (values.length !== 1 || (value !== 'true' && value !== 'false'))
    throw invalidValue(sent, `${sent.name} must be true or false; "${sent.value}" is not`)
  const missing = value === 'true'
  if (code === '_id' || code === '_lastUpdated') return missing ? nothing : everything
  const own: Clause = { kind: 'missing', code, missing }
  if (parameter.type !== 'reference') return own
  // A reference may be an identifier alone.
  const logical: Clause = { kind: 'missing', code: `${code}:identifier`, missing }
  return missing ? allOf([own, logical]) : anyOf([own, logical])
}

/**
 * `subject:Patient.name`: through a reference to what it refers to, stored or contained. Without a
 * type, every target type that has the inner parameter is meant.
 */
function parseChain(context: QueryContext, sent: SentParameter, place: Place): Clause {
  const dot = place.name.indexOf('.')
  const [code = '', onlyType] = splitName(place.name.slice(0, dot))
  const name = place.name.slice(dot + 1)
  const parameter = requireParameter(context, sent, place.type, code)
  const stepsLeft = requireStep(sent, place)
  const types = chainTypes(context, sent, { parameter, onlyType, name })
  const clauses = types.flatMap((type): Clause[] => {
    const inner = parseAt(context, sent, { type, name, prefix: '', stepsLeft })
    const prefix = `${place.prefix}${code}.`
    const stored: Clause = { kind: 'chain', code: place.prefix + code, type, inner }
    return canBeContained(name)
      ? [stored, parseAt(context, sent, { type, name, prefix, stepsLeft })]
      : [stored]
  })
  return anyOf(withoutRepeats(clauses))
}

function requireStep(sent: SentParameter, { stepsLeft }: Place): number {
  if (stepsLeft > 0) return stepsLeft - 1
  throw new UnsupportedParameter(sent.name, `"${sent.name}" chains over too many references`)
}

/** A contained resource has no index entries of its own for `_id`, `_has`, or what is missing. */
function canBeContained(name: string): boolean {
  return !name.startsWith('_') && !name.endsWith(':missing')
}

function withoutRepeats(clauses: readonly Clause[]): Clause[] {
  return [...new Map(clauses.map((clause) => [JSON.stringify(clause), clause])).values()]
}

interface ChainStep {
  readonly parameter: SearchParameter
  readonly onlyType: string | undefined
  /** What comes after the dot. */
  readonly name: string
}

function chainTypes(
  context: QueryContext,
  sent: SentParameter,
  { parameter, onlyType, name }: ChainStep,
): readonly string[] {
  const { registry } = context
  if (parameter.type !== 'reference')
    throw new UnsupportedParameter(
      sent.name,
      `"${parameter.code}" in "${sent.name}" is no reference`,
    )
  requireFollowed(sent, parameter)
  if (onlyType !== undefined) {
    if (!registry.isResourceType(onlyType))
      throw new UnsupportedParameter(
        sent.name,
        `"${onlyType}" in "${sent.name}" is no resource type`,
      )
    requireTarget({ sent, parameter }, onlyType)
    return [onlyType]
  }
  const targets = parameter.targets.length > 0 ? parameter.targets : registry.resourceTypes
  if (targets.length === 1) return targets
  const innerCode = /^[^.:]*/.exec(name)![0]
  const types = name.startsWith('_has:')
    ? targets
    : targets.filter((type) => registry.searchParameters(type).has(innerCode))
  if (types.length === 0) {
    throw new UnsupportedParameter(
      sent.name,
      `"${innerCode}" in "${sent.name}" is a search parameter of none of ${targets.join(', ')}`,
    )
  }
  if (types.length > chainTypesMax) {
    throw new UnsupportedParameter(
      sent.name,
      `"${sent.name}" may mean ${types.length} types; name one, as in ${parameter.code}:${types[0]}.${name}`,
    )
  }
  return types
}

/** `_has:Observation:patient:code=...`: resources that an Observation refers to. */
function parseHas(context: QueryContext, sent: SentParameter, place: Place): Clause {
  const [, type = '', code = '', ...rest] = place.name.split(':')
  const name = rest.join(':')
  if (!context.registry.isResourceType(type) || code === '' || name === '') {
    throw new UnsupportedParameter(
      sent.name,
      `"${place.name}" must be _has:<Type>:<reference parameter>:<parameter of that type>`,
    )
  }
  const parameter = requireParameter(context, sent, type, code)
  if (parameter.type !== 'reference')
    throw new UnsupportedParameter(sent.name, `"${code}" in "${sent.name}" is no reference`)
  requireFollowed(sent, parameter)
  requireTarget({ sent, parameter }, place.type)
  const stepsLeft = requireStep(sent, place)
  const inner = parseAt(context, sent, { type, name, prefix: '', stepsLeft })
  return { kind: 'has', type, code, inner }
}

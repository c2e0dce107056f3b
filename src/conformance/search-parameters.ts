/**
 * The search parameters of one type, from the definitions of all. A definition shared by many types
 * keeps only the alternatives that concern the type; definitions with one code are joined.
 * R4 searchparameter.html.
 */
import { isObject, type JsonObject } from '../fhir/resource.ts'
import type { SearchParameter, TypeModel } from './registry.ts'

export interface SearchParameterSource {
  readonly type: string
  /** The type and its ancestors: `Patient`, `DomainResource`, `Resource`. */
  readonly bases: readonly string[]
  /** Whether a name at the start of an expression is that of a resource type. */
  isTypeName(name: string): boolean
  /** The parameter type behind the canonical of a component; undefined when it is not loaded. */
  typeOf(canonical: string): string | undefined
  typeModel(type: string): TypeModel | undefined
}

type ParameterType = SearchParameter['type']

const TYPES: ReadonlySet<string> = new Set<ParameterType>([
  'token',
  'reference',
  'date',
  'string',
  'uri',
  'number',
  'quantity',
  'composite',
  'special',
])

/** 4.0.1 names the two components of this parameter crosswise. */
const SWAPPED_COMPONENTS = 'http://hl7.org/fhir/SearchParameter/DocumentReference-relationship'

/** Where two definitions share a code but not a type, the first wins and the other is left out. */
export function buildSearchParameters(
  source: SearchParameterSource,
  definitions: Iterable<JsonObject>,
): ReadonlyMap<string, SearchParameter> {
  const parameters = new Map<string, SearchParameter>()
  for (const definition of definitions) {
    const parameter = toParameter(source, definition)
    if (!parameter) continue
    const known = parameters.get(parameter.code)
    if (!known) parameters.set(parameter.code, parameter)
    else if (known.type === parameter.type) parameters.set(known.code, join(known, parameter))
  }
  return parameters
}

function toParameter(
  source: SearchParameterSource,
  definition: JsonObject,
): SearchParameter | undefined {
  const { code, type, url } = definition
  if (typeof code !== 'string' || typeof url !== 'string') return undefined
  if (!isParameterType(type) || typeof definition.expression !== 'string') return undefined
  const alternatives = alternativesFor(source, correct(definition.expression))
  if (alternatives.length === 0) return undefined
  const components = type === 'composite' ? componentsOf(source, definition) : []
  if (!components) return undefined
  const targets = type === 'reference' ? targetsOf(definition, alternatives) : []
  const areAll = (types: ReadonlySet<string>) =>
    alternatives.every((one) => leadsTo(types, source, one))
  const isCanonical = type === 'reference' && areAll(URL_TYPES)
  const hasNoSystem = type === 'token' && areAll(SYSTEMLESS_TYPES)
  const ignoresCase = type === 'token' && areAll(TEXT_TYPES)
  return {
    code,
    type,
    urls: [url],
    expression: alternatives.join(' | '),
    targets,
    ...(isCanonical ? { isCanonical } : {}),
    ...(hasNoSystem ? { hasNoSystem } : {}),
    ...(ignoresCase ? { ignoresCase } : {}),
    components,
  }
}

const URL_TYPES: ReadonlySet<string> = new Set(['canonical', 'uri', 'url'])

/** Whose tokens are codes alone. R4 search.html#token. */
const SYSTEMLESS_TYPES: ReadonlySet<string> = new Set([...URL_TYPES, 'boolean', 'ContactPoint'])

const TEXT_TYPES: ReadonlySet<string> = new Set(['string'])

/**
 * Whether a path leads to elements of these types only; false where it is more than members,
 * `where` and `as`.
 */
function leadsTo(
  allowed: ReadonlySet<string>,
  { typeModel }: SearchParameterSource,
  path: string,
): boolean {
  const cast = /^\((.+) as (\w+)\)$/.exec(path)
  if (cast) return allowed.has(cast[2]!)
  const [type = '', ...names] = path.replaceAll(/\.where\([^()]*\)/g, '').split('.')
  const types = names.reduce(
    (found, name) =>
      found.flatMap((one) =>
        (typeModel(one)?.paths.get(name) ?? []).map((element) => element.type),
      ),
    [type],
  )
  return types.length > 0 && types.every((one) => allowed.has(one))
}

function isParameterType(type: unknown): type is ParameterType {
  return typeof type === 'string' && TYPES.has(type)
}

/** The alternatives of the union that can yield something on the type. */
function alternativesFor(
  { type, bases, isTypeName }: SearchParameterSource,
  expression: string,
): string[] {
  return splitUnion(expression).filter((alternative) => {
    const name = /^[\s(]*([A-Z]\w*)\b/.exec(alternative)?.[1]
    if (name === undefined || bases.includes(name) || !isTypeName(name)) return true
    // A group such as `(Patient.name | Person.name).given` concerns each type that it names.
    return new RegExp(`\\b${type}\\b\\.`).test(alternative)
  })
}

/** Splits a FHIRPath at the ` | ` outside brackets, strings and delimited names. */
export function splitUnion(expression: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  let quote = ''
  for (let i = 0; i < expression.length; i++) {
    const character = expression[i]!
    if (quote) {
      if (character === '\\') i++
      else if (character === quote) quote = ''
    } else if (character === "'" || character === '`') quote = character
    else if (character === '(' || character === '[' || character === '{') depth++
    else if (character === ')' || character === ']' || character === '}') depth--
    else if (character === '|' && depth === 0) {
      parts.push(expression.slice(start, i))
      start = i + 1
    }
  }
  parts.push(expression.slice(start))
  return parts.map((part) => part.trim()).filter(Boolean)
}

/** Undefined when a component's definition is not loaded: the parameter cannot be used then. */
function componentsOf(
  { typeOf }: SearchParameterSource,
  definition: JsonObject,
): SearchParameter['components'] | undefined {
  const listed = Array.isArray(definition.component) ? definition.component.filter(isObject) : []
  const components = []
  for (const { definition: canonical, expression } of listed) {
    const type = typeof canonical === 'string' ? typeOf(canonical) : undefined
    if (!isParameterType(type) || typeof expression !== 'string') return undefined
    components.push({ type, expression: correct(expression) })
  }
  if (components.length === 0) return undefined
  if (definition.url !== SWAPPED_COMPONENTS) return components
  const types = components.map(({ type }) => type).toReversed()
  return components.map(({ expression }, index) => ({ type: types[index]!, expression }))
}

/** 4.0.1 writes `as(DateTime)` for FHIR's `dateTime` in Observation-code-value-date. */
function correct(expression: string): string {
  return expression.replaceAll('as(DateTime)', 'as(dateTime)')
}

const RESOLVES_TO = /\.where\(\s*resolve\(\) is (\w+)\s*\)$/

function targetsOf(definition: JsonObject, alternatives: readonly string[]): string[] {
  const named = alternatives.map((alternative) => RESOLVES_TO.exec(alternative)?.[1])
  if (named.every((name) => name !== undefined)) return [...new Set(named)]
  const listed = Array.isArray(definition.target) ? definition.target.map(String) : []
  return listed.includes('Resource') ? [] : listed
}

function join(first: SearchParameter, second: SearchParameter): SearchParameter {
  if (first.type === 'composite') return { ...first, urls: [...first.urls, ...second.urls] }
  const alternatives = [...splitUnion(first.expression), ...splitUnion(second.expression)]
  const { isCanonical: _canonical, hasNoSystem: _system, ignoresCase: _case, ...rest } = first
  const isCanonical = first.isCanonical && second.isCanonical
  const hasNoSystem = first.hasNoSystem && second.hasNoSystem
  const ignoresCase = first.ignoresCase && second.ignoresCase
  const isAny = first.targets.length === 0 || second.targets.length === 0
  return {
    ...rest,
    ...(isCanonical ? { isCanonical } : {}),
    ...(hasNoSystem ? { hasNoSystem } : {}),
    ...(ignoresCase ? { ignoresCase } : {}),
    urls: [...new Set([...first.urls, ...second.urls])],
    expression: [...new Set(alternatives)].join(' | '),
    targets: isAny ? [] : [...new Set([...first.targets, ...second.targets])],
  }
}

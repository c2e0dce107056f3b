/**
 * The notation in which we state profiles: one line per element, each a list of facets. It yields
 * differential StructureDefinitions, value sets and code systems. R4 elementdefinition.html.
 */

export type Json = string | number | boolean | Json[] | { [key: string]: Json }
export interface JsonObject {
  [key: string]: Json
}

/** `1..*`, `0..1`, `1..` (the base's max), `..0` (the base's min), or parts of an element. */
export type Facet = string | JsonObject
/** By element id without the type: `identifier:entryUUID.use`; '' is the root. In base order. */
export type Elements = Readonly<Record<string, readonly Facet[]>>

export interface Package {
  readonly name: string
  readonly version: string
  readonly title: string
  readonly canonical: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly resources: readonly JsonObject[]
  /** What a reader of the folder must know; becomes README.md below the title. */
  readonly readme: string
}

export interface ProfileStatement {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly description: string
  readonly type: string
  readonly parent: string
  readonly elements: Elements
}

export interface ExtensionStatement {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly context: readonly string[]
  readonly elements: Elements
}

const DATA_TYPES = new Set(['Address', 'ContactPoint', 'Extension', 'HumanName', 'Identifier'])

/** A bare name is a definition of R4 core. */
export function canonical(name: string): string {
  return name.includes(':') ? name : `http://hl7.org/fhir/StructureDefinition/${name}`
}

export const MS: JsonObject = { mustSupport: true }

export function ofType(code: string, profile?: string): JsonObject {
  return { type: [{ code, ...(profile ? { profile: [canonical(profile)] } : {}) }] }
}

export function reference(...targets: readonly string[]): JsonObject {
  return { type: [{ code: 'Reference', targetProfile: targets.map(canonical) }] }
}

/** A reference that must point into `contained`. */
export function containedReference(...targets: readonly string[]): JsonObject {
  return {
    type: [
      { code: 'Reference', targetProfile: targets.map(canonical), aggregation: ['contained'] },
    ],
  }
}

export function extension(url: string): JsonObject {
  return ofType('Extension', url)
}

export type Strength = 'required' | 'extensible' | 'preferred' | 'example'

export function bind(strength: Strength, valueSet: string): JsonObject {
  return { binding: { strength, valueSet } }
}

export function pattern(type: string, value: Json): JsonObject {
  return { [`pattern${type}`]: value }
}

export function fixed(type: string, value: Json): JsonObject {
  return { [`fixed${type}`]: value }
}

export function concept(system: string, code: string, display?: string): JsonObject {
  return { coding: [{ system, code, ...(display ? { display } : {}) }] }
}

/** `slices('open', 'value:url')`: each discriminator is a kind and a path. */
export function slices(rules: 'open' | 'closed', ...discriminators: readonly string[]): JsonObject {
  return {
    slicing: {
      discriminator: discriminators.map((text) => {
        const at = text.indexOf(':')
        return { type: text.slice(0, at), path: text.slice(at + 1) }
      }),
      rules,
    },
  }
}

/** A rule without an expression is one that the guide has in words only; code checks it. */
export function rule(
  key: string,
  severity: 'error' | 'warning',
  human: string,
  expression?: string,
): JsonObject {
  return { constraint: [{ key, severity, human, ...(expression ? { expression } : {}) }] }
}

/** Several facets of one element that each hold a constraint. */
export function rules(...each: readonly JsonObject[]): JsonObject {
  return { constraint: each.flatMap(({ constraint }) => constraint as Json[]) }
}

export function profile(pkg: Omit<Package, 'resources'>, statement: ProfileStatement): JsonObject {
  const { id, name, title, description, type, parent, elements } = statement
  return {
    resourceType: 'StructureDefinition',
    id,
    url: `${pkg.canonical}/StructureDefinition/${id}`,
    version: pkg.version,
    name,
    title,
    status: 'active',
    description,
    fhirVersion: '4.0.1',
    kind: DATA_TYPES.has(type) ? 'complex-type' : 'resource',
    abstract: false,
    type,
    baseDefinition: canonical(parent),
    derivation: 'constraint',
    differential: { element: toDifferential(type, elements) },
  }
}

/** An extension: its url is fixed; the statement says what it holds. */
export function extensionDefinition(
  pkg: Omit<Package, 'resources'>,
  { context, elements, ...rest }: ExtensionStatement,
): JsonObject {
  const isComplex = Object.keys(elements).some((key) => key.startsWith('extension:'))
  const url = `${pkg.canonical}/StructureDefinition/${rest.id}`
  const { '': root, ...others } = elements
  const { differential, ...head } = profile(pkg, {
    ...rest,
    description: rest.title,
    type: 'Extension',
    parent: 'Extension',
    elements: {
      ...(root ? { '': root } : {}),
      ...(isComplex ? {} : { extension: ['..0'] }),
      ...others,
      // Sorted into its place below.
      url: [fixed('Uri', url)],
      ...(isComplex ? { 'value[x]': ['..0'] } : {}),
    },
  })
  const contexts = context.map((expression) => ({ type: 'element', expression }))
  return { ...head, context: contexts, differential: sortExtension(differential as JsonObject) }
}

/** One part of a complex extension: `...part('code', '0..1', ofType('Coding'))`. */
export function part(name: string, cardinality: string, ...value: readonly Facet[]): Elements {
  return {
    [`extension:${name}`]: [cardinality],
    [`extension:${name}.extension`]: ['..0'],
    [`extension:${name}.url`]: [fixed('Uri', name)],
    [`extension:${name}.value[x]`]: value,
  }
}

function sortExtension({ element }: JsonObject): JsonObject {
  const rank = ({ path }: JsonObject) =>
    ['Extension', 'Extension.extension', 'Extension.url', 'Extension.value[x]'].findIndex(
      (start) => `${path}`.split('.').slice(0, 2).join('.') === start,
    )
  const elements = element as JsonObject[]
  return { element: elements.toSorted((a, b) => rank(a) - rank(b)) }
}

function toDifferential(type: string, elements: Elements): JsonObject[] {
  return Object.entries(elements).map(([key, facets]) => {
    const id = key === '' ? type : `${type}.${key}`
    const path = id
      .split('.')
      .map((step) => step.replace(/:.*$/, ''))
      .join('.')
    const slice = /:([^.:]+)$/.exec(id)?.[1]
    return {
      id,
      path,
      ...(slice ? { sliceName: slice } : {}),
      ...Object.assign({}, ...facets.map((facet) => toElementParts(facet))),
    }
  })
}

function toElementParts(facet: Facet): JsonObject {
  if (typeof facet !== 'string') return facet
  const [min, max] = facet.split('..')
  return { ...(min ? { min: Number(min) } : {}), ...(max ? { max } : {}) }
}

/** Codes with their displays, or only codes. */
export type Concepts = Readonly<Record<string, string>> | readonly string[]

export interface Include {
  readonly system?: string
  readonly codes?: Concepts
  readonly valueSet?: string
}

interface TerminologyStatement {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly url?: string
  readonly version?: string
}

export function valueSet(
  pkg: Omit<Package, 'resources'>,
  statement: TerminologyStatement & {
    readonly include: readonly Include[]
    readonly exclude?: readonly Include[]
  },
): JsonObject {
  const { include, exclude } = statement
  return {
    ...terminologyHead('ValueSet', pkg, statement),
    compose: {
      include: include.map(toCompose),
      ...(exclude ? { exclude: exclude.map(toCompose) } : {}),
    },
  }
}

export function codeSystem(
  pkg: Omit<Package, 'resources'>,
  statement: TerminologyStatement & {
    readonly concepts: Concepts
    readonly content?: 'complete' | 'fragment'
  },
): JsonObject {
  return {
    ...terminologyHead('CodeSystem', pkg, statement),
    caseSensitive: true,
    content: statement.content ?? 'complete',
    concept: toConcepts(statement.concepts),
  }
}

function terminologyHead(
  resourceType: string,
  pkg: Omit<Package, 'resources'>,
  { id, name, title, url, version }: TerminologyStatement,
): JsonObject {
  return {
    resourceType,
    id,
    url: url ?? `${pkg.canonical}/${resourceType}/${id}`,
    version: version ?? pkg.version,
    name,
    title,
    status: 'active',
    experimental: false,
  }
}

function toCompose({ system, codes, valueSet: included }: Include): JsonObject {
  return {
    ...(system ? { system } : {}),
    ...(codes ? { concept: toConcepts(codes) } : {}),
    ...(included ? { valueSet: [included] } : {}),
  }
}

function toConcepts(concepts: Concepts): JsonObject[] {
  if (isListOfCodes(concepts)) return concepts.map((code) => ({ code }))
  return Object.entries(concepts).map(([code, display]) => ({ code, display }))
}

function isListOfCodes(concepts: Concepts): concepts is readonly string[] {
  return Array.isArray(concepts)
}

export interface SearchParameterStatement {
  readonly id: string
  readonly name: string
  readonly code: string
  readonly base: readonly string[]
  readonly type: 'token' | 'reference' | 'date'
  readonly expression: string
  readonly description: string
  readonly more?: JsonObject
}

export function searchParameter(
  pkg: Omit<Package, 'resources'>,
  { id, name, description, code, base, type, expression, more }: SearchParameterStatement,
): JsonObject {
  return {
    resourceType: 'SearchParameter',
    id,
    url: `${pkg.canonical}/SearchParameter/${id}`,
    version: pkg.version,
    name,
    status: 'active',
    description,
    code,
    base: [...base],
    type,
    expression,
    ...more,
  }
}

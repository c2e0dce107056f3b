/**
 * Puts the paths of a SearchParameter's expression into the trie: members, choices by `as` and
 * `ofType`, `where(x = 'text')`, `where(resolve() is X)`, `extension(url)`.
 */
import type { TypeModel } from '../conformance/registry.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { typeInReference } from '../fhirpath/references.ts'
import type { Expression } from '../fhirpath/syntax-tree.ts'
import { isPrimitiveType, isTypeA } from '../fhirpath/type-model.ts'
import type { IndexOutput } from './index-output.ts'
import { containedOf } from './index-references.ts'
import { childOf, filterOf } from './index-trie.ts'
import type { TrieFilter, TrieNode } from './index-trie.ts'

/** Where a path has arrived, with the type of the elements there. */
export interface Place {
  readonly node: TrieNode
  readonly type: string
  /** The only code system that a required binding allows there. */
  readonly codeSystem?: string | undefined
}

export type TypeModelLookup = (type: string) => TypeModel | undefined

/** Undefined when the expression is no such path: it is evaluated as FHIRPath then. */
export function placePaths(
  expression: Expression,
  start: Place,
  typeModel: TypeModelLookup,
): readonly Place[] | undefined {
  const follow = (inner: Expression | undefined): readonly Place[] | undefined =>
    inner === undefined ? [start] : placePaths(inner, start, typeModel)
  switch (expression.kind) {
    case 'this':
      return [start]
    case 'member': {
      const { input, name } = expression
      if (!input && isTypeA(typeModel, start.type, name)) return [start]
      return each(follow(input), (place) => members(place, name, typeModel))
    }
    case 'type': {
      const { operator, operand, type } = expression
      if (operator !== 'as') return undefined
      return each(follow(operand), (place) => ofType(place, type.name, typeModel))
    }
    case 'call':
      return each(follow(expression.input), (place) => calls(place, expression, typeModel))
    case 'binary': {
      if (expression.operator !== '|') return undefined
      const left = follow(expression.left)
      const right = follow(expression.right)
      return left && right && unique([...left, ...right])
    }
    default:
      return undefined
  }
}

function each(
  places: readonly Place[] | undefined,
  next: (place: Place) => readonly Place[] | undefined,
): readonly Place[] | undefined {
  if (!places) return undefined
  const found: Place[] = []
  for (const place of places) {
    const further = next(place)
    if (!further) return undefined
    found.push(...further)
  }
  return found
}

function unique(places: readonly Place[]): readonly Place[] {
  return places.filter((place, i) => places.findIndex(({ node }) => node === place.node) === i)
}

function members(
  { node, type }: Place,
  name: string,
  typeModel: TypeModelLookup,
): readonly Place[] | undefined {
  const model = typeModel(type)
  if (!model || isPrimitiveType(type) || isAnyResource(type)) return undefined
  return (model.paths.get(name) ?? []).map((element) => ({
    node: childOf(node, element.name),
    type: element.type,
    codeSystem: element.codeSystem,
  }))
}

function isAnyResource(type: string): boolean {
  return type === 'Resource' || type === 'DomainResource'
}

function ofType(
  place: Place,
  name: string,
  typeModel: TypeModelLookup,
): readonly Place[] | undefined {
  if (isAnyResource(place.type)) return undefined
  return isTypeA(typeModel, place.type, name) ? [place] : []
}

function calls(
  place: Place,
  { name, args }: Extract<Expression, { kind: 'call' }>,
  typeModel: TypeModelLookup,
): readonly Place[] | undefined {
  const argument = args[0]
  if (!argument || args.length !== 1) return undefined
  if (name === 'as' || name === 'ofType') {
    const isName = argument.kind === 'member' && !argument.input
    return isName ? ofType(place, argument.name, typeModel) : undefined
  }
  if (name === 'where') return filtered(place, argument, typeModel)
  if (name !== 'extension' || argument.kind !== 'literal') return undefined
  const url = argument.value
  if (typeof url !== 'string') return undefined
  return each(members(place, 'extension', typeModel), (extension) => [
    { ...extension, node: filterOf(extension.node, `url=${url}`, hasText('url', url)) },
  ])
}

function filtered(
  place: Place,
  test: Expression,
  typeModel: TypeModelLookup,
): readonly Place[] | undefined {
  if (isPrimitiveType(place.type)) return undefined
  const filter = fieldEquals(place, test, typeModel) ?? resolvesTo(test, typeModel)
  return filter && [{ ...place, node: filterOf(place.node, filter.key, filter.test) }]
}

type Filter = Pick<TrieFilter, 'key' | 'test'>

function fieldEquals(
  { type }: Place,
  test: Expression,
  typeModel: TypeModelLookup,
): Filter | undefined {
  if (test.kind !== 'binary' || test.operator !== '=') return undefined
  const { left, right } = test
  if (left.kind !== 'member' || left.input || right.kind !== 'literal') return undefined
  const element = typeModel(type)?.elements.get(left.name)
  const isText = typeof right.value === 'string' && element && isPrimitiveType(element.type)
  if (!isText || element.isArray) return undefined
  const { name } = left
  return { key: `${name}=${right.value}`, test: hasText(name, right.value as string) }
}

function hasText(name: string, text: string): Filter['test'] {
  return (element) => element[name] === text
}

function resolvesTo(test: Expression, typeModel: TypeModelLookup): Filter | undefined {
  if (test.kind !== 'type' || test.operator !== 'is') return undefined
  const { operand, type } = test
  if (operand.kind !== 'call' || operand.name !== 'resolve' || operand.input) return undefined
  return {
    key: `is ${type.name}`,
    test: (element, output) => {
      const target = targetType(element, output, typeModel)
      return target !== undefined && (target === type.name || isTypeA(typeModel, target, type.name))
    },
  }
}

const LOCAL_TYPE = /^([A-Z][A-Za-z]+)[/?]/

/** What a Reference says of its target's type; Reference.type where the text does not tell. */
function targetType(
  { reference, type }: JsonObject,
  output: IndexOutput,
  typeModel: TypeModelLookup,
): string | undefined {
  if (typeof reference === 'string') {
    const local = LOCAL_TYPE.exec(reference)?.[1]
    if (local !== undefined) return local
    const contained = containedOf(output.resource, reference)
    if (contained) return contained.resourceType
    const named = typeInReference(reference, typeModel)
    if (named !== undefined) return named
  }
  return typeof type === 'string' ? type : undefined
}

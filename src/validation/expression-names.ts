/**
 * Finds names in a FHIRPath expression that no element of the types in question has, and functions
 * that nobody defines. What the types alone do not tell is taken as right.
 */
import type { Registry } from '../conformance/registry.ts'
import { functions } from '../fhirpath/functions.ts'
import type { CallExpression, Expression } from '../fhirpath/syntax-tree.ts'
import { isSubtype } from './engine.ts'

/** Undefined: not known. */
type Types = readonly string[] | undefined

interface Search {
  readonly registry: Registry
  found: string | undefined
}

/** The first name that is wrong; undefined: none. */
export function wrongName(
  expression: Expression,
  types: readonly string[],
  registry: Registry,
): string | undefined {
  const search: Search = { registry, found: undefined }
  typesOf(expression, types, search)
  return search.found
}

function typesOf(expression: Expression, focus: Types, search: Search): Types {
  switch (expression.kind) {
    case 'this':
      return focus
    case 'member':
      return expression.input
        ? childrenOf(typesOf(expression.input, focus, search), expression.name, search)
        : startingAt(expression.name, focus, search)
    case 'call':
      return typesOfCall(expression, focus, search)
    case 'item':
      typesOf(expression.position, focus, search)
      return typesOf(expression.input, focus, search)
    case 'sign':
      typesOf(expression.operand, focus, search)
      return undefined
    case 'type':
      typesOf(expression.operand, focus, search)
      return expression.operator === 'as' ? [expression.type.name] : undefined
    case 'binary': {
      const left = typesOf(expression.left, focus, search)
      const right = typesOf(expression.right, focus, search)
      if (expression.operator !== '|' || !left || !right) return undefined
      return [...new Set([...left, ...right])]
    }
    default:
      return undefined
  }
}

/** `Patient` at the beginning names the type of the input, or one below it. */
function startingAt(name: string, focus: Types, search: Search): Types {
  const { registry } = search
  if (!/^[A-Z]/.test(name) || !focus) return childrenOf(focus, name, search)
  if (registry.typeModel(name) === undefined && name !== 'Resource') return undefined
  const fits = focus.some(
    (type) => isSubtype(type, name, registry) || isSubtype(name, type, registry),
  )
  if (!fits) search.found ??= name
  return fits && name !== 'Resource' ? [name] : undefined
}

function childrenOf(types: Types, name: string, search: Search): Types {
  if (!types || types.length === 0) return undefined
  const children = new Set<string>()
  for (const type of types) {
    const model = registryModel(type, search)
    if (!model) return undefined
    for (const element of model.paths.get(name) ?? []) children.add(element.type)
  }
  if (children.size > 0) return [...children]
  search.found ??= name
  return undefined
}

/** Undefined for types whose elements depend on what is there. */
function registryModel(type: string, { registry }: Search) {
  const isOpen = type === 'Resource' || type === 'DomainResource' || type.startsWith('System.')
  return isOpen ? undefined : registry.typeModel(type)
}

const sameTypes = new Set(
  'where first last tail skip take distinct single trace intersect exclude'.split(' '),
)
const lambdas = new Set('where select exists all repeat any'.split(' '))

/** Defined by R4 or a later FHIRPath, but not evaluated here: such a rule is said to be unchecked. */
const definedElsewhere = new Set(
  [
    'elementDefinition slice checkModifiers subsumes subsumedBy',
    'type sort coalesce defineVariable lowBoundary highBoundary precision comparable avg',
    'encode decode escape unescape toLong convertsToLong',
    'yearOf monthOf dayOf hourOf minuteOf secondOf millisecondOf timezoneOffsetOf dateOf timeOf',
  ].flatMap((names) => names.split(' ')),
)

function typesOfCall(call: CallExpression, focus: Types, search: Search): Types {
  const { name, args } = call
  // A function that does not exist would make the rule one that never speaks.
  if (!Object.hasOwn(functions, name) && !definedElsewhere.has(name)) search.found ??= `${name}()`
  const input = call.input ? typesOf(call.input, focus, search) : focus
  if (name === 'ofType' || name === 'as' || name === 'is') {
    const [type] = args
    return name !== 'is' && type?.kind === 'member' ? [type.name] : undefined
  }
  let inner: Types
  for (const argument of args) {
    inner = typesOf(argument, lambdas.has(name) ? input : focus, search)
  }
  if (sameTypes.has(name)) return input
  if (name === 'select') return inner
  return name === 'extension' ? ['Extension'] : undefined
}

/** Tests of type: `is`, `as`, `ofType`. R4 fhirpath.html#types */
import { NotCovered } from './fhirpath-errors.ts'
import type { Expression, TypeSpecifier } from './syntax-tree.ts'
import { isPrimitiveType, isSystemTypeName, isTypeA, systemTypeOf } from './type-model.ts'
import type { TypeModelLookup } from './type-model.ts'
import { isNode, systemTypeOfValue } from './values.ts'
import type { Value } from './values.ts'

/** Throws NotCovered for a name that is no type. */
export function compileTypeTest(
  { namespace, name }: TypeSpecifier,
  typeModel: TypeModelLookup,
): (value: Value) => boolean {
  const isFhirType = isPrimitiveType(name) || typeModel(name) !== undefined
  const isSystemType = isSystemTypeName(name)
  if (namespace === 'System' && isSystemType) {
    return (value) => !isNode(value) && systemTypeOfValue(value) === name
  }
  if (namespace === 'FHIR' && isFhirType) {
    return (value) => isNode(value) && isTypeA(typeModel, value.type, name)
  }
  if (namespace !== undefined || !(isFhirType || isSystemType)) {
    throw new NotCovered(`the type ${namespace === undefined ? '' : `${namespace}.`}${name}`)
  }
  // Without a namespace, `Boolean` also holds for FHIR's own boolean: que-7 and the SearchParameter
  // expressions with `as(DateTime)` mean it so.
  return (value) => {
    if (!isNode(value)) return isSystemType && systemTypeOfValue(value) === name
    if (isFhirType) return isTypeA(typeModel, value.type, name)
    return systemTypeOf(value.type) === name
  }
}

/** The type that an argument of `ofType()`, `is()` or `as()` names. */
export function typeSpecifierOf(argument: Expression): TypeSpecifier {
  if (argument.kind === 'member' && !argument.input) return { name: argument.name }
  if (argument.kind === 'member' && argument.input?.kind === 'member' && !argument.input.input) {
    return { namespace: argument.input.name, name: argument.name }
  }
  throw new NotCovered('a type that is not named')
}

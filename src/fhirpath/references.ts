/** `resolve()` and what a reference says of its target. R4 fhirpath.html#functions */
import { parseReference } from '../fhir/reference.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import type { JsonObject } from '../fhir/resource.ts'
import type { Scope } from './environment.ts'
import { isTypeA } from './type-model.ts'
import type { TypeModelLookup } from './type-model.ts'
import { isNode, nodeOf } from './values.ts'
import type { ElementNode, Value } from './values.ts'

/** The resource that a Reference, uri or text points to; undefined when it is not at hand. */
export function resolveReference(value: Value, scope: Scope): ElementNode | undefined {
  const text = referenceText(value)
  if (text === undefined) return undefined
  const { environment, input } = scope
  const root = environment.rootResource ?? environment.resource ?? input.data
  const found = text.startsWith('#') ? containedResource(root, text.slice(1)) : undefined
  const target = found ?? environment.resolve?.(text)
  return target && nodeOf(target)
}

function referenceText(value: Value): string | undefined {
  if (!isNode(value)) return typeof value === 'string' ? value : undefined
  if (typeof value.data === 'string') return value.data
  if (!isObject(value.data)) return undefined
  return typeof value.data.reference === 'string' ? value.data.reference : undefined
}

/** `#` alone is the container itself. */
export function containedResource(root: unknown, id: string): JsonObject | undefined {
  if (!isObject(root)) return undefined
  if (id === '') return root
  if (!Array.isArray(root.contained)) return undefined
  const found = root.contained.find((resource) => isResource(resource) && resource.id === id)
  return isObject(found) ? found : undefined
}

/**
 * `resolve() is Patient`. A relative or local reference tells its type, so does Reference.type;
 * only otherwise is it resolved. Undefined when nothing tells.
 */
export function resolvesToType(
  value: Value,
  type: string,
  isOfType: (value: Value) => boolean,
  typeModel: TypeModelLookup,
  scope: Scope,
): boolean | undefined {
  const text = referenceText(value)
  const named = text === undefined ? undefined : typeInReference(text, typeModel)
  const stated = named ?? (isNode(value) && isObject(value.data) ? value.data.type : undefined)
  if (typeof stated === 'string') return isTypeA(typeModel, stated, type)
  const target = resolveReference(value, scope)
  return target && isOfType(target)
}

const LAST_TYPE =
  /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/

/** `Patient` of `Patient/1` and of `https://other.example/fhir/Patient/1`. */
export function typeInReference(text: string, typeModel: TypeModelLookup): string | undefined {
  const parsed = parseReference(text)
  if (parsed.kind === 'local' || parsed.kind === 'conditional') return parsed.type
  if (parsed.kind !== 'absolute') return undefined
  const type = LAST_TYPE.exec(text)?.[1]
  return type !== undefined && typeModel(type)?.kind === 'resource' ? type : undefined
}

/** The small FHIRPath that discriminators may use. R4 profiling.html#discriminator. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { objects } from './element-definition.ts'
import { resolveReference } from './resolution.ts'
import type { Run } from './run.ts'

export type PathStep =
  | { readonly kind: 'child'; readonly name: string }
  | { readonly kind: 'extension'; readonly url: string }
  | { readonly kind: 'resolve' }
  | { readonly kind: 'type'; readonly type: string }

const TOKEN =
  /\s*(?:\$this|extension\(\s*['"]([^'"]+)['"]\s*\)|(resolve)\(\s*\)|(?:ofType|as)\(\s*([\w.]+)\s*\)|([A-Za-z_]\w*))\s*(?:\.|$)/y

/** Undefined when the path uses something else. */
export function parseDiscriminatorPath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < path.length) {
    const match = TOKEN.exec(path)
    if (!match) return undefined
    const [, url, resolve, type, name] = match
    if (url !== undefined) steps.push({ kind: 'extension', url })
    else if (resolve !== undefined) steps.push({ kind: 'resolve' })
    else if (type !== undefined) steps.push({ kind: 'type', type })
    else if (name !== undefined) steps.push({ kind: 'child', name })
  }
  return steps
}

/** A value with the type suffix of the choice that held it: `Quantity` of `valueQuantity`. */
export interface PathValue {
  readonly value: JsonValue
  readonly choiceType?: string
}

export function evaluatePath(
  start: PathValue,
  steps: readonly PathStep[],
  run: Run,
): readonly PathValue[] {
  let values: readonly PathValue[] = [start]
  for (const step of steps) {
    run.spend(values.length)
    values = values.flatMap((value) => takeStep(value, step, run))
  }
  return values
}

function takeStep({ value, choiceType }: PathValue, step: PathStep, run: Run): PathValue[] {
  if (step.kind === 'type') {
    const type = isObject(value) ? value.resourceType : undefined
    const isOfType = type === step.type || choiceType?.toLowerCase() === step.type.toLowerCase()
    return isOfType || (type === undefined && choiceType === undefined) ? [{ value }] : []
  }
  if (step.kind === 'resolve') {
    const reference = isObject(value) ? value.reference : value
    if (typeof reference !== 'string') return []
    const found = resolveReference(reference, run)
    return found ? [{ value: found.resource }] : []
  }
  if (!isObject(value)) return []
  if (step.kind === 'extension') {
    return objects(value.extension)
      .filter(({ url }) => url === step.url)
      .map((extension) => ({ value: extension }))
  }
  return childValues(value, step.name)
}

function childValues(value: JsonObject, name: string): PathValue[] {
  if (Object.hasOwn(value, name)) return spread(value[name]!)
  for (const key in value) {
    const type = key.startsWith(name) ? key.slice(name.length) : ''
    if (/^[A-Z]/.test(type)) return spread(value[key]!, type)
  }
  return []
}

function spread(value: JsonValue, choiceType?: string): PathValue[] {
  const items = Array.isArray(value) ? value : [value]
  const type = choiceType === undefined ? {} : { choiceType }
  return items.filter((item) => item !== null).map((item) => ({ value: item, ...type }))
}

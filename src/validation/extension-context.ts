/** Where an extension may be used. R4 defining-extensions.html#context. */
import type { Registry } from '../conformance/registry.ts'

export interface ExtensionContext {
  readonly type: string
  readonly expression: string
}

/** Whether one of the contexts covers the element at this path (`Patient`, `contact`, `name`). */
export function extensionContexts(
  contexts: readonly ExtensionContext[],
  steps: readonly string[],
  registry: Registry,
): boolean {
  const places = possiblePlaces(steps, registry)
  return contexts.some(({ type, expression }) => {
    if (type === 'extension') return false
    // A FHIRPath context that is a plain path is looked up as one; others are not evaluated.
    if (type === 'fhirpath' && !/^[A-Za-z.]+$/.test(expression)) return true
    if (expression === 'CanonicalResource' || expression === 'MetadataResource')
      return steps.length === 1
    return places.has(plain(expression)) || places.has(bare(expression))
  })
}

const plain = (expression: string) => expression.replace(/\[x\]/g, '').replace(/:[^.]*/g, '')
/** `Patient.contact.where(...)` is not a path; take what comes before. */
const bare = (expression: string) => plain(expression).replace(/\.(?:where|ofType)\(.*$/, '')

/** All names of one element: by resource, by the data types on the way, and the type's ancestors. */
function possiblePlaces(steps: readonly string[], registry: Registry): ReadonlySet<string> {
  const places = new Set<string>()
  let starts: { readonly type: string; readonly from: number }[] = [{ type: steps[0]!, from: 0 }]
  let types: readonly string[] = [steps[0]!]
  for (let at = 1; at < steps.length; at++) {
    types = types.flatMap((type) => childTypes(type, steps[at]!, registry))
    starts = [...starts, ...types.map((type) => ({ type, from: at }))]
  }
  for (const { type, from } of starts) {
    const rest = steps.slice(from + 1)
    for (const name of [type, ...ancestors(type, registry)]) {
      places.add([name, ...rest].join('.'))
    }
  }
  places.add(steps.join('.'))
  return places
}

function childTypes(type: string, step: string, registry: Registry): readonly string[] {
  if (step === 'extension' || step === 'modifierExtension') return ['Extension']
  const elements = registry.typeModel(type)?.paths.get(step) ?? []
  return elements.map((element) => element.type)
}

function ancestors(type: string, registry: Registry): readonly string[] {
  const found: string[] = []
  if (type.includes('.')) found.push('BackboneElement')
  for (let base = registry.typeModel(type)?.base; base; base = registry.typeModel(base)?.base) {
    if (found.includes(base) || found.length > 10) break
    found.push(base)
  }
  if (!registry.isResourceType(type)) found.push('Element')
  else found.push('DomainResource', 'Resource', 'Element')
  return found
}

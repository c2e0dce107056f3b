/** The patch interaction's pure part: a resource and a patch give the next resource. */
import type { Registry } from '../conformance/registry.ts'
import type { JsonValue, Resource } from '../fhir/resource.ts'
import { isResource } from '../fhir/resource.ts'
import { compileFhirPath } from '../fhirpath/compile.ts'
import { truthOf } from '../fhirpath/environment.ts'
import { nodeOf } from '../fhirpath/values.ts'
import { applyFhirPathPatch } from './fhirpath-patch.ts'
import { applyJsonPatch } from './json-patch.ts'
import type { PatchBody } from './patch-format.ts'

/** Bounds what the criteria of one where() may cost. */
const STEPS_MAX = 200_000

/** Throws UnprocessableResource; the resource given is never changed. Not validated yet. */
export function applyPatch(
  resource: Resource,
  patch: PatchBody,
  registry: Pick<Registry, 'typeModel'>,
): Resource {
  const typeModel = (type: string) => registry.typeModel(type)
  if (patch.format === 'json-patch')
    return applyJsonPatch(resource, patch.operations, { typeModel })
  const evaluate = (criteria: string, element: JsonValue, type: string, root: JsonValue) => {
    const environment = isResource(root) ? { resource: root, stepsMax: STEPS_MAX } : {}
    const compiled = compileFhirPath(criteria, { typeModel, rootType: type })
    return truthOf(compiled.evaluate(nodeOf(element, type), environment)) === true
  }
  return applyFhirPathPatch(resource, patch.parameters, { typeModel, evaluate })
}

/** The patch interaction's pure part: a resource and a patch give the next resource. */
import type { Registry } from '../conformance/registry.ts'
import type { Resource } from '../fhir/resource.ts'
import { isResource } from '../fhir/resource.ts'
import { TooCostly } from '../errors.ts'
import type { CompiledExpression } from '../fhirpath/compile.ts'
import { compileFhirPath } from '../fhirpath/compile.ts'
import { truthOf } from '../fhirpath/environment.ts'
import { nodeOf } from '../fhirpath/values.ts'
import type { FindTypeModel } from './element-type.ts'
import { applyFhirPathPatch } from './fhirpath-patch.ts'
import { applyJsonPatch } from './json-patch.ts'
import type { PatchBody } from './patch-format.ts'
import type { PathContext } from './patch-path.ts'

/** Bounds on where(): what one element may cost, and how many a whole patch may look at. */
const STEPS_MAX = 2_000
const EVALUATIONS_MAX = 10_000

/** Throws UnprocessableResource; the resource given is never changed. Not validated yet. */
export function applyPatch(
  resource: Resource,
  patch: PatchBody,
  registry: Pick<Registry, 'typeModel'>,
): Resource {
  const typeModel = (type: string) => registry.typeModel(type)
  if (patch.format === 'json-patch')
    return applyJsonPatch(resource, patch.operations, { typeModel })
  const evaluate = createEvaluate(typeModel)
  return applyFhirPathPatch(resource, patch.parameters, { typeModel, evaluate })
}

/** Evaluates criteria by the compiler, each text compiled once. */
function createEvaluate(typeModel: FindTypeModel): PathContext['evaluate'] {
  const compiled = new Map<string, CompiledExpression>()
  let evaluations = 0
  return (criteria, element, type, root) => {
    evaluations += 1
    if (evaluations > EVALUATIONS_MAX)
      throw new TooCostly(`The patch evaluates where() on more than ${EVALUATIONS_MAX} elements`)
    const key = `${type} ${criteria}`
    const expression = compiled.get(key) ?? compileFhirPath(criteria, { typeModel, rootType: type })
    compiled.set(key, expression)
    const environment = { stepsMax: STEPS_MAX, ...(isResource(root) ? { resource: root } : {}) }
    return truthOf(expression.evaluate(nodeOf(element, type), environment)) === true
  }
}

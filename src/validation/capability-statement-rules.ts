/** Search parameters that a CapabilityStatement names, as they are defined. R4 capabilitystatement.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { objects, text } from './element-definition.ts'
import type { Engine } from './engine.ts'
import type { Run } from './run.ts'

export function checkCapabilityStatement(
  statement: JsonObject,
  run: Run,
  { registry }: Engine,
): void {
  objects(statement.rest).forEach((rest, at) => {
    objects(rest.resource).forEach((resource, index) => {
      objects(resource.searchParam).forEach((parameter, nth) => {
        const canonical = text(parameter.definition)
        const known =
          canonical === undefined ? undefined : registry.resolve('SearchParameter', canonical)
        const type = known?.resource.type
        if (type === undefined || type === parameter.type) return
        const steps = ['rest', at, 'resource', index, 'searchParam', nth]
        const wrong = `Type mismatch: ${canonical} is ${text(type)}, but type here is ${text(parameter.type)}`
        run.reportAt(steps, 'definition-rule', wrong)
      })
    })
  })
}

/** Consistency of a SearchParameter. R4 searchparameter.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { parseFhirPath } from '../fhirpath/parse.ts'
import { objects, text, texts } from './element-definition.ts'
import { isSubtype, type Engine } from './engine.ts'
import type { Run } from './run.ts'

export function checkSearchParameter(parameter: JsonObject, run: Run, engine: Engine): void {
  const components = objects(parameter.component)
  if (parameter.type === 'composite' && components.length < 2) {
    run.report('definition-rule', 'A composite SearchParameter must define two or more components')
  } else if (parameter.type !== 'composite' && components.length > 0) {
    run.report('definition-rule', 'Only a composite SearchParameter has components')
  }
  const expression = text(parameter.expression)
  if (expression !== undefined) checkExpression(expression, parameter, run, engine)
  checkDerivedFrom(parameter, run, engine)
}

function checkExpression(
  expression: string,
  parameter: JsonObject,
  run: Run,
  { registry }: Engine,
): void {
  run.path.push('expression')
  const bases = texts(parameter.base)
  try {
    parseFhirPath(expression)
    for (const [, type] of expression.matchAll(/(?:^|\||\()\s*([A-Z][A-Za-z]+)\./g)) {
      const isKnown = type !== undefined && registry.typeModel(type) !== undefined
      const fits = bases.some(
        (base) => isSubtype(base, type!, registry) || isSubtype(type!, base, registry),
      )
      if (!isKnown || !fits) {
        run.report('definition-rule', `The name '${type}' is not valid for ${bases.join(', ')}`)
        break
      }
    }
  } catch (error) {
    run.report('definition-rule', `The expression cannot be read: ${String(error)}`)
  }
  run.path.pop()
}

function checkDerivedFrom(parameter: JsonObject, run: Run, { registry }: Engine): void {
  const canonical = text(parameter.derivedFrom)
  const origin =
    canonical === undefined ? undefined : registry.resolve('SearchParameter', canonical)?.resource
  if (!origin) return
  const allowed = texts(origin.base)
  for (const base of texts(parameter.base)) {
    if (allowed.includes(base)) continue
    const wrong = `The type ${base} is not a base of the SearchParameter this is derived from`
    run.report('definition-rule', `${wrong} (${canonical})`)
  }
  if (origin.type !== parameter.type) {
    const wrong = `The type '${text(parameter.type)}' differs from '${text(origin.type)}'`
    run.report('definition-rule', `${wrong} of the SearchParameter this is derived from`)
  }
}

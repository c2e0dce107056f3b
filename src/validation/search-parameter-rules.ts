/** Consistency of a SearchParameter. R4 searchparameter.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { parseFhirPath } from '../fhirpath/parse.ts'
import { objects, text, texts } from './element-definition.ts'
import type { Engine } from './engine.ts'
import { wrongName } from './expression-names.ts'
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
    const wrong = wrongName(parseFhirPath(expression), bases, registry)
    if (wrong !== undefined) {
      run.report('definition-rule', `The name '${wrong}' is not valid for ${bases.join(', ')}`)
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

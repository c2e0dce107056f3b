/** Consistency of a ValueSet's composition with its code systems. R4 valueset.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { CodeSystemTable } from '../terminology/code-system.ts'
import { isAbsoluteUri } from './codings.ts'
import { objects, text } from './element-definition.ts'
import type { Engine } from './engine.ts'
import { primitiveTypes } from './primitives.ts'
import type { Run } from './run.ts'

export function checkValueSet(valueSet: JsonObject, run: Run, engine: Engine): void {
  if (!isObject(valueSet.compose)) return
  for (const name of ['include', 'exclude']) {
    objects(valueSet.compose[name]).forEach((part, index) => {
      run.at(['compose', name, index], () => checkPart(part, valueSet, run, engine))
    })
  }
}

function checkPart(part: JsonObject, valueSet: JsonObject, run: Run, engine: Engine): void {
  const system = text(part.system)
  if (Array.isArray(part.valueSet) && part.valueSet.includes(valueSet.url ?? null)) {
    run.report('definition-rule', 'The value set includes itself')
  }
  if (system === undefined) return
  if (!isAbsoluteUri(system)) {
    run.report('definition-rule', `ValueSet.compose.include.system must be absolute: '${system}'`)
    return
  }
  const table = engine.terminology.codeSystem(system, text(part.version))
  if (!table) {
    if (engine.registry.resolve('ValueSet', system)) {
      run.report('definition-rule', `The system '${system}' is a value set, not a code system`)
    }
    return
  }
  if (table.content === 'supplement') {
    run.report('definition-rule', `The system '${system}' is a supplement`)
    return
  }
  checkListed(part, table, run)
  objects(part.filter).forEach((filter, index) => {
    run.at(['filter', index], () => checkFilter(filter, system, run, engine))
  })
}

function checkListed(part: JsonObject, table: CodeSystemTable, run: Run): void {
  if (table.content !== 'complete') return
  objects(part.concept).forEach(({ code }, index) => {
    if (typeof code !== 'string' || table.find(code)) return
    const wrong = `The code '${code}' is not valid in the system ${table.url}`
    run.reportAt(['concept', index], 'definition-advice', wrong)
  })
}

/** By standard property: the type of a filter's value. */
const standardTypes: Readonly<Record<string, string>> = {
  notSelectable: 'boolean',
  inactive: 'boolean',
  deprecationDate: 'dateTime',
  retirementDate: 'dateTime',
  effectiveDate: 'dateTime',
  concept: 'code',
  code: 'code',
  parent: 'code',
  child: 'code',
  itemWeight: 'decimal',
}

function checkFilter(filter: JsonObject, system: string, run: Run, engine: Engine): void {
  const [property, op, value] = [text(filter.property), text(filter.op), text(filter.value)]
  if (property === undefined || op === undefined || value === undefined) return
  if (op === 'exists') {
    if (value !== 'true' && value !== 'false') {
      run.report('definition-rule', `The value of an 'exists' filter must be true or false`)
    }
    return
  }
  if (op === 'regex') return
  const definition = engine.registry.resolve('CodeSystem', system)?.resource
  const stated = objects(definition?.property).find(({ code }) => code === property)
  const type = text(stated?.type) ?? standardTypes[property]
  if (type === undefined) {
    const unknown = `The property '${property}' is not known for the system '${system}'`
    run.report('definition-advice', unknown)
    return
  }
  const values = op === 'in' || op === 'not-in' ? value.split(',') : [value]
  for (const one of values) checkFilterValue(one.trim(), type, { property, system, run, engine })
}

interface FilterContext {
  readonly property: string
  readonly system: string
  readonly run: Run
  readonly engine: Engine
}

function checkFilterValue(value: string, type: string, context: FilterContext): void {
  const { property, system, run, engine } = context
  const wrong = (what: string) =>
    run.report(
      'definition-rule',
      `The value of a filter on '${property}' must be ${what}: '${value}'`,
    )
  if (type === 'boolean') {
    if (value !== 'true' && value !== 'false') wrong('true or false')
  } else if (type === 'code') {
    if (engine.terminology.isCodeOf(system, value) === false) wrong('a code of the system')
  } else if (type === 'dateTime') {
    if (!primitiveTypes.get('dateTime')!.test(value)) wrong('a date')
  } else if (type === 'Coding') checkCodingValue(value, wrong, engine)
}

/** `system(|version)#code`. */
function checkCodingValue(value: string, wrong: (what: string) => void, engine: Engine): void {
  const match = /^([^#|]+)(?:\|([^#]*))?#(.+)$/.exec(value)
  if (!match) wrong('in the format system(|version)#code')
  else if (engine.terminology.isCodeOf(match[1]!, match[3]!, match[2]) === false) {
    wrong('a code that exists')
  }
}

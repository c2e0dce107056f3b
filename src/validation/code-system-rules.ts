/** Consistency of a CodeSystem. R4 codesystem.html, its concept properties and supplements. */
import type { Step } from '../fhir/element-path.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { objects, text } from './element-definition.ts'
import { valueOf } from './questionnaire.ts'
import type { Engine } from './engine.ts'
import type { Run } from './run.ts'

const STANDARD = 'http://hl7.org/fhir/concept-properties#'

/** The properties that FHIR itself defines, with their types. R4 codesystem-concept-properties.html. */
const standardProperties: Readonly<Record<string, string>> = {
  inactive: 'boolean',
  deprecated: 'dateTime',
  deprecationDate: 'dateTime',
  retirementDate: 'dateTime',
  effectiveDate: 'dateTime',
  notSelectable: 'boolean',
  parent: 'code',
  child: 'code',
  partOf: 'code',
  synonym: 'code',
  comment: 'string',
  itemWeight: 'decimal',
  status: 'code',
}

export function checkCodeSystem(system: JsonObject, run: Run, engine: Engine): void {
  checkProperties(system, run)
  checkCount(system, run)
  checkConcepts(system, run)
  checkSupplement(system, run, engine)
  checkWholeValueSet(system, run, engine)
}

/** `CodeSystem.valueSet` is the set of all its codes and nothing else. */
function checkWholeValueSet(system: JsonObject, run: Run, { registry }: Engine): void {
  const canonical = text(system.valueSet)
  const found = canonical === undefined ? undefined : registry.resolve('ValueSet', canonical)
  const compose = found?.resource.compose
  if (!isObject(compose)) return
  const [include, ...others] = objects(compose.include)
  if (include?.system === system.url && others.length === 0) {
    if (include?.concept === undefined && include?.filter === undefined) return
  }
  const wrong = `The value set ${canonical} is not the whole of this code system`
  run.reportAt(['valueSet'], 'definition-rule', wrong)
}

function checkProperties(system: JsonObject, run: Run): void {
  const codes = new Set<string>()
  const uris = new Set<string>()
  objects(system.property).forEach((property, index) => {
    const [code, uri, type] = [text(property.code), text(property.uri), text(property.type)]
    run.at(['property', index], () => {
      if (code !== undefined && codes.has(code)) {
        run.report('definition-rule', `A property is already defined with the code '${code}'`)
      }
      if (uri !== undefined && uris.has(uri)) {
        run.report('definition-rule', `A property is already defined with the URI '${uri}'`)
      }
      checkStandardProperty(code, uri, type, run)
    })
    if (code !== undefined) codes.add(code)
    if (uri !== undefined) uris.add(uri)
  })
}

function checkStandardProperty(
  code: string | undefined,
  uri: string | undefined,
  type: string | undefined,
  run: Run,
): void {
  const name = uri?.startsWith(STANDARD) ? uri.slice(STANDARD.length) : undefined
  if (name === undefined) {
    const expected = code !== undefined ? standardProperties[code] : undefined
    if (uri === undefined && expected !== undefined && type !== expected) {
      const wrong = `Wrong type '${type}': the code '${code}' identifies a property of type '${expected}'`
      run.report('definition-advice', wrong)
    }
    return
  }
  const expected = Object.hasOwn(standardProperties, name) ? standardProperties[name] : undefined
  if (expected === undefined) return
  if (type !== expected) {
    const wrong = `Wrong type '${type}': '${uri}' identifies a property of type '${expected}'`
    run.report('definition-rule', wrong)
  }
  if (code !== name && code !== undefined && Object.hasOwn(standardProperties, code)) {
    run.report('definition-rule', `The URI '${uri}' is normally assigned the code '${name}'`)
  }
}

function checkCount(system: JsonObject, run: Run): void {
  const { count, content } = system
  if (typeof count !== 'number') return
  const found = countConcepts(system, run)
  if (content === 'complete' && found !== count) {
    const wrong = `The code system is complete, but its ${found} concepts are not the stated ${count}`
    run.reportAt(['count'], 'definition-rule', wrong)
  } else if ((content === 'fragment' || content === 'example') && found > count) {
    run.reportAt(['count'], 'definition-rule', `There are ${found} concepts, more than ${count}`)
  }
}

function countConcepts(system: JsonObject, run: Run): number {
  let count = 0
  const waiting = objects(system.concept)
  for (let concept = waiting.pop(); concept; concept = waiting.pop()) {
    run.spend(1)
    count++
    for (const child of objects(concept.concept)) waiting.push(child)
  }
  return count
}

interface Placed {
  readonly concept: JsonObject
  readonly steps: readonly Step[]
}

const valueTypes: Readonly<Record<string, string>> = {
  Code: 'code',
  Coding: 'Coding',
  String: 'string',
  Integer: 'integer',
  Boolean: 'boolean',
  DateTime: 'dateTime',
  Decimal: 'decimal',
}

function checkConcepts(system: JsonObject, run: Run): void {
  const types = new Map<string, string>()
  for (const property of objects(system.property)) {
    const [code, type] = [text(property.code), text(property.type)]
    if (code !== undefined && type !== undefined && !types.has(code)) types.set(code, type)
  }
  const place = (list: JsonObject[], steps: readonly Step[]): Placed[] =>
    list.map((concept, index) => ({ concept, steps: [...steps, 'concept', index] }))
  const waiting = place(objects(system.concept), [])
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { concept, steps } = next
    run.spend(1)
    objects(concept.property).forEach((property, index) => {
      run.at([...steps, 'property', index], () => checkPropertyValue(property, types, run))
    })
    waiting.push(...place(objects(concept.concept), steps))
  }
}

function checkPropertyValue(
  property: JsonObject,
  types: ReadonlyMap<string, string>,
  run: Run,
): void {
  const code = text(property.code)
  const found = valueOf(property)
  if (code === undefined || !found) return
  const expected = types.get(code)
  if (expected === undefined) {
    run.report('definition-advice', `The property '${code}' has no definition`)
  } else if (valueTypes[found.type] !== expected) {
    const given = valueTypes[found.type] ?? found.type
    const wrong = `The property '${code}' has the type '${given}', but is defined as '${expected}'`
    run.report('definition-rule', wrong)
  }
}

function checkSupplement(system: JsonObject, run: Run, engine: Engine): void {
  const { supplements, content } = system
  if (content === 'supplement' && supplements === undefined) {
    const wrong = 'A supplement must name the code system that it supplements'
    run.reportAt(['content'], 'definition-rule', wrong)
  }
  if (typeof supplements !== 'string' || content !== 'supplement') return
  const base = engine.terminology.codeSystem(supplements.replace(/\|.*$/, ''))
  if (!base || base.content !== 'complete') return
  objects(system.concept).forEach(({ code }, index) => {
    if (typeof code !== 'string' || base.find(code)) return
    const wrong = `The code '${code}' is not in the code system that is supplemented`
    run.reportAt(['concept', index], 'definition-rule', wrong)
  })
}

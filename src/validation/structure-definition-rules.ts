/** Whether a StructureDefinition can be used as it is. R4 structuredefinition.html, profiling.html. */
import { generateSnapshot, type SnapshotSource } from '../conformance/snapshot.ts'
import type { Registry } from '../conformance/registry.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { parseFhirPath } from '../fhirpath/parse.ts'
import { correctedExpression } from './errata.ts'
import { wrongName } from './expression-names.ts'
import { objects, text, texts } from './element-definition.ts'
import { isSubtype, type Engine } from './engine.ts'
import { primitiveTypes } from './primitives.ts'
import { shown, type Run } from './run.ts'

export function checkStructureDefinition(
  definition: JsonObject,
  run: Run,
  { registry }: Engine,
): void {
  checkBase(definition, run, registry)
  if (definition.kind === 'logical') return
  for (const part of ['differential', 'snapshot']) {
    const holder = definition[part]
    if (!isObject(holder)) continue
    objects(holder.element).forEach((element, index) => {
      run.at([part, 'element', index], () => checkElement(element, run, registry))
    })
  }
  if (definition.derivation === 'constraint') checkDifferential(definition, run, registry)
}

function checkBase(definition: JsonObject, run: Run, registry: Registry): void {
  const canonical = text(definition.baseDefinition)
  if (canonical === undefined || definition.derivation !== 'constraint') return
  const base = registry.resolve('StructureDefinition', canonical, run.package)?.resource
  if (!base) {
    const unknown = `The base '${shown(canonical)}' is not known, so the profile is not checked`
    run.reportAt(['baseDefinition'], 'definition-advice', unknown)
  } else if (base.type !== definition.type) {
    const wrong = `The type '${shown(definition.type)}' is not that of the base, ${shown(base.type)}`
    run.report('definition-rule', wrong)
  }
}

/** Elements of the differential that the base does not have, and what cannot be opened. */
function checkDifferential(definition: JsonObject, run: Run, registry: Registry): void {
  const elements = (resource: JsonObject | undefined) => {
    const snapshot = resource?.snapshot
    return isObject(snapshot) ? objects(snapshot.element) : undefined
  }
  const source: SnapshotSource = {
    snapshotOf: (canonical) =>
      elements(registry.resolve('StructureDefinition', canonical, run.package)?.resource),
    typeSnapshot: (type) => elements(registry.typeDefinition(type)),
  }
  for (const problem of generateSnapshot(definition, source)?.problems ?? []) {
    const isMissingProfile = problem.endsWith('is not loaded')
    const rule = isMissingProfile ? 'definition-advice' : 'definition-rule'
    run.report(rule, `The snapshot cannot be made: ${problem}`)
  }
}

function checkElement(element: JsonObject, run: Run, registry: Registry): void {
  const types = objects(element.type)
  types.forEach((type, index) => checkType(type, index, run, registry))
  checkFixedType(element, types, run)
  objects(element.constraint).forEach((constraint, index) => {
    const expression = text(constraint.expression)
    if (expression === undefined) return
    try {
      const parsed = parseFhirPath(correctedExpression(expression))
      const wrong = wrongName(parsed, typesAt(element, types, registry), registry)
      if (wrong !== undefined) {
        const unknown = `The name '${wrong}' in ${shown(constraint.key)} is not valid here`
        run.reportAt(['constraint', index, 'expression'], 'definition-rule', unknown)
      }
    } catch (error) {
      const wrong = `The expression of ${shown(constraint.key)} cannot be read: ${String(error)}`
      run.reportAt(['constraint', index, 'expression'], 'definition-rule', wrong)
    }
  })
}

/** The types whose elements an expression at this element may name; none when they are open. */
function typesAt(element: JsonObject, types: readonly JsonObject[], registry: Registry): string[] {
  const path = (isObject(element.base) ? text(element.base.path) : undefined) ?? text(element.path)
  if (path !== undefined && registry.typeModel(path)) return [path]
  const codes = types.map(({ code }) => text(code) ?? '')
  return codes.some((code) => code.includes(':') || abstractTypes.has(code)) ? [] : codes
}

function checkType(type: JsonObject, index: number, run: Run, registry: Registry): void {
  const code = text(type.code)
  if (code === undefined || code.includes(':')) return
  const isKnown = registry.typeModel(code) !== undefined || abstractTypes.has(code)
  if (!isKnown) {
    run.reportAt(['type', index], 'definition-rule', `The type '${shown(code)}' is not known`)
    return
  }
  if (texts(type.targetProfile).length > 0 && code !== 'Reference' && code !== 'canonical') {
    const wrong = `A targetProfile is only for references, not for ${code}`
    run.reportAt(['type', index], 'definition-rule', wrong)
  }
  for (const canonical of texts(type.profile)) {
    const found = text(registry.resolve('StructureDefinition', canonical)?.resource.type)
    if (found === undefined || found === code || isSubtype(found, code, registry)) continue
    const wrong = `The profile ${canonical} is for the type ${found}, not for ${code}`
    run.reportAt(['type', index], 'definition-rule', wrong)
  }
}

const abstractTypes = new Set(['Element', 'BackboneElement', 'Resource', 'DomainResource', 'xhtml'])

/** `fixedCode` on an element that has types, none of which is code. */
function checkFixedType(element: JsonObject, types: readonly JsonObject[], run: Run): void {
  if (types.length === 0) return
  const codes = types.map(({ code }) => text(code) ?? '')
  if (codes.some((code) => code.includes(':'))) return
  for (const key in element) {
    const suffix = /^(?:fixed|pattern)([A-Z].*)$/.exec(key)?.[1]
    if (suffix === undefined) continue
    const asPrimitive = suffix[0]!.toLowerCase() + suffix.slice(1)
    const name = primitiveTypes.has(asPrimitive) ? asPrimitive : suffix
    if (!codes.includes(name)) {
      run.report('definition-rule', `${key} does not fit the types ${codes.join(', ')}`)
    }
  }
}

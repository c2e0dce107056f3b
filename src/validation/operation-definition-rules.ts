/** The parameters of an OperationDefinition against its input and output profiles. R4 operationdefinition.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { objects, text, texts } from './element-definition.ts'
import type { Engine } from './engine.ts'
import { childNamed, type ProfileNode } from './profile-tree.ts'
import type { Run } from './run.ts'

export function checkOperationDefinition(operation: JsonObject, run: Run, engine: Engine): void {
  for (const [use, element] of [
    ['in', 'inputProfile'],
    ['out', 'outputProfile'],
  ] as const) {
    const canonical = text(operation[element])
    const tree =
      canonical === undefined ? undefined : engine.profile(canonical, run.package)?.tree()
    if (!tree) continue
    const parameters = objects(operation.parameter).filter((parameter) => parameter.use === use)
    run.at([element], () => compare(parameters, slicesByName(tree), use, run))
  }
}

/** The slices of `Parameters.parameter`, by the name that each fixes. */
function slicesByName(tree: ProfileNode): ReadonlyMap<string, ProfileNode> {
  const slices = new Map<string, ProfileNode>()
  for (const slice of childNamed(tree, 'parameter')?.slices ?? []) {
    const definition = childNamed(slice, 'name')?.definition
    const name = definition?.fixed ?? definition?.pattern
    if (typeof name === 'string') slices.set(name, slice)
  }
  return slices
}

function compare(
  parameters: readonly JsonObject[],
  slices: ReadonlyMap<string, ProfileNode>,
  use: string,
  run: Run,
): void {
  const names = new Set(parameters.map(({ name }) => text(name)))
  for (const name of slices.keys()) {
    if (names.has(name)) continue
    run.report(
      'definition-advice',
      `The '${use}' profile has a parameter '${name}' not listed here`,
    )
  }
  for (const parameter of parameters) {
    const name = text(parameter.name) ?? ''
    const slice = slices.get(name)
    if (!slice) run.report('definition-advice', `The '${use}' profile has no parameter '${name}'`)
    else compareOne(parameter, name, slice, run)
  }
}

function compareOne(parameter: JsonObject, name: string, slice: ProfileNode, run: Run): void {
  const { min, max } = slice.definition
  const maxText = Number.isFinite(max) ? String(max) : '*'
  if (typeof parameter.min === 'number' && parameter.min !== min) {
    differs(run, `The parameter '${name}' has the min ${min} in the profile, ${parameter.min} here`)
  }
  if (typeof parameter.max === 'string' && parameter.max !== maxText) {
    differs(
      run,
      `The parameter '${name}' has the max ${maxText} in the profile, ${parameter.max} here`,
    )
  }
  const type = text(parameter.type)
  const inProfile = typesOf(slice)
  if (type === undefined || inProfile.length === 0) return
  if (!inProfile.some(({ code }) => code === type || code === 'Resource' || type === 'Resource')) {
    const codes = inProfile.map(({ code }) => code).join(', ')
    differs(run, `The parameter '${name}' has the type ${codes} in the profile, ${type} here`)
  }
  const targets = inProfile.flatMap(({ targetProfiles, profiles }) => [
    ...targetProfiles,
    ...profiles,
  ])
  for (const target of texts(parameter.targetProfile)) {
    if (targets.includes(target)) continue
    differs(run, `The target profile ${target} of '${name}' is not in the profile`)
  }
}

function differs(run: Run, diagnostics: string): void {
  run.report('definition-rule', diagnostics)
}

/** Of the value or the resource, where the profile narrows either. */
function typesOf(slice: ProfileNode) {
  const value = childNamed(slice, 'value[x]')?.definition
  const resource = childNamed(slice, 'resource')?.definition
  if (resource && resource.max > 0 && resource.types.every(({ code }) => code !== 'Resource')) {
    return resource.types
  }
  return value && value.max > 0 && value.types.length < 10 ? value.types : []
}

/** Profiles on data types, on resources inside resources and on reference targets. */
import type { JsonObject } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import type { ElementDefinition, ElementType } from './element-definition.ts'
import type { ItemCheck } from './profile-check.ts'
import type { ProfileContext } from './profile-context.ts'
import { targetType } from './references.ts'
import { resolveReference } from './resolution.ts'
import type { Run } from './run.ts'

const CORE = 'http://hl7.org/fhir/StructureDefinition/'

export function typeProfileChecks(
  { types }: ElementDefinition,
  base: ElementDefinition | undefined,
  context: ProfileContext,
): ItemCheck[] {
  // An extension is checked by its own definition wherever it stands.
  const profiled = types.filter(
    ({ code, profiles }) =>
      profiles.length > 0 && code !== 'Extension' && !isInBase(profiles, base),
  )
  if (profiled.length === 0) return []
  return [
    ({ value, type }, run) => {
      if (!isObject(value)) return
      const found = isResource(value) ? value.resourceType : type
      const entry = profiled.find(({ code }) => isTypeOf(found, code, context))
      if (entry) checkOneOf(value, entry.profiles, context, run)
    },
  ]
}

function isTypeOf(found: string, code: string, { sources }: ProfileContext): boolean {
  return found === code || sources.isSubtype(found, code)
}

function isInBase(profiles: readonly string[], base: ElementDefinition | undefined): boolean {
  const known = base?.types.flatMap((type) => type.profiles) ?? []
  return profiles.every((profile) => known.includes(profile))
}

/** One profile: its issues are ours. Several: one of them must hold. */
function checkOneOf(
  value: JsonObject,
  profiles: readonly string[],
  context: ProfileContext,
  run: Run,
): void {
  const { sources, package: from } = context
  const known = profiles.filter((profile) => sources.profile(profile, from))
  if (known.length < profiles.length) {
    const missing = profiles.filter((profile) => !known.includes(profile)).join(', ')
    run.report('profile-unknown', `The profile ${missing} is not known, so not checked`)
    return
  }
  if (known.length === 1) {
    sources.checkProfile(value, { canonical: known[0]!, from }, run)
  } else if (!known.some((canonical) => sources.conforms(value, { canonical, from }, run))) {
    run.report('profile-mismatch', `Conforms to none of ${known.join(', ')}`)
  }
}

export function targetChecks(
  { types }: ElementDefinition,
  base: ElementDefinition | undefined,
  context: ProfileContext,
): ItemCheck[] {
  return types.flatMap((type) => {
    if (type.code !== 'Reference') return []
    const known = base?.types.find(({ code }) => code === 'Reference')
    const isNarrowed = isDifferent(type.targetProfiles, known?.targetProfiles ?? [])
    return [
      ...(isNarrowed ? [targetCheck(type.targetProfiles, context)] : []),
      ...(type.aggregation.length > 0 ? [aggregationCheck(type)] : []),
    ]
  })
}

function isDifferent(profiles: readonly string[], known: readonly string[]): boolean {
  return (
    profiles.length > 0 &&
    (profiles.length !== known.length || profiles.some((profile) => !known.includes(profile)))
  )
}

interface Targets {
  /** Types that any resource of them satisfies. */
  readonly types: ReadonlySet<string>
  readonly profiles: readonly { readonly canonical: string; readonly type: string }[]
  readonly unknown: readonly string[]
}

function targetCheck(targetProfiles: readonly string[], context: ProfileContext): ItemCheck {
  let targets: Targets | undefined
  return ({ value, type }, run) => {
    if (!isObject(value) || type !== 'Reference') return
    targets ??= sortTargets(targetProfiles, context)
    if (targets.types.has('Resource')) return
    checkTarget(value, targets, context, run)
  }
}

function sortTargets(targetProfiles: readonly string[], context: ProfileContext): Targets {
  const types = new Set<string>()
  const profiles: { canonical: string; type: string }[] = []
  const unknown: string[] = []
  for (const canonical of targetProfiles) {
    const plain = canonical.replace(/\|.*$/, '')
    const core = plain.startsWith(CORE) ? plain.slice(CORE.length) : ''
    if (core === 'Resource' || context.sources.registry.isResourceType(core)) types.add(core)
    else {
      const profile = context.sources.profile(canonical, context.package)
      if (profile) profiles.push({ canonical, type: profile.type })
      else unknown.push(canonical)
    }
  }
  return { types, profiles, unknown }
}

function checkTarget(value: JsonObject, targets: Targets, context: ProfileContext, run: Run): void {
  const { registry } = context.sources
  const type = targetType(value, registry, run)
  if (type === undefined || targets.types.has(type)) return
  const candidates = targets.profiles.filter((profile) => profile.type === type)
  if (candidates.length === 0) {
    if (targets.unknown.length > 0) {
      const unknown = `The target profile ${targets.unknown.join(', ')} is not known`
      run.report('profile-unknown', unknown, 'information')
      return
    }
    const allowed = [...targets.types, ...targets.profiles.map((profile) => profile.type)]
    const wanted = [...new Set(allowed)].join(' or ')
    run.report('reference-type', `Invalid target type: found ${type}, expected ${wanted}`)
    return
  }
  const found =
    typeof value.reference === 'string' ? resolveReference(value.reference, run) : undefined
  if (!found || found.mode === 'referenced') return
  const { conforms, whyNot } = context.sources
  const { resource } = found
  const from = context.package
  if (candidates.some(({ canonical }) => conforms(resource, { canonical, from }, run))) return
  const names = candidates.map(({ canonical }) => canonical).join(' or ')
  const why = whyNot(resource, { canonical: candidates[0]!.canonical, from }, run)
  const wrong = `The target ${String(value.reference)} does not conform to ${names}: ${why}`
  run.report('profile-mismatch', wrong)
}

function aggregationCheck({ aggregation }: ElementType): ItemCheck {
  return ({ value }, run) => {
    if (!isObject(value) || typeof value.reference !== 'string') return
    const found = resolveReference(value.reference, run)
    const mode = value.reference.startsWith('#') ? 'contained' : (found?.mode ?? 'referenced')
    if (aggregation.includes(mode)) return
    const wanted = aggregation.join(' or ')
    run.report('reference-aggregation', `The reference is ${mode}, but must be ${wanted}`)
  }
}

/** Checks a resource against R4 and its profiles. R4 validation.html. */
import type { PackageReference, Registry } from '../conformance/registry.ts'
import type { JsonObject, JsonValue, Resource } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import type { Terminology } from '../terminology/terminology.ts'
import { checkDomainRules } from './contained.ts'
import { texts } from './element-definition.ts'
import { createEngine } from './create-engine.ts'
import type { Engine } from './engine.ts'
import type { CompileInvariant } from './invariants.ts'
import { inDocumentOrder } from './issue-order.ts'
import { resourceChecks } from './resource-checks.ts'
import { newScope, Run, shown, StopValidation, type Relaxations } from './run.ts'
import type { RuleKey } from './rules.ts'
import { checkObject } from './shape.ts'
import type { ValidationOptions, Validator } from './validator.ts'
import { vitalSignsProfiles } from './vital-signs.ts'

export interface ValidatorOptions {
  readonly registry: Registry
  readonly terminology: Terminology
  readonly compileInvariant: CompileInvariant
  readonly relaxations?: Relaxations
}

export function createValidator(options: ValidatorOptions): Validator {
  const { registry } = options
  const relaxations = new Map(Object.entries(options.relaxations ?? {}))
  let engine: Engine | undefined
  let epoch = Number.NaN

  function current(): Engine {
    if (engine && epoch === registry.epoch) return engine
    epoch = registry.epoch
    const made = createEngine({
      ...options,
      checkContained: (value, run) => checkInside(value, run, true, made),
      checkInner: (value, run) => checkInside(value, run, false, made),
    })
    engine = made
    return made
  }

  return {
    validate(resource, validationOptions = {}) {
      const run = new Run(validationOptions, relaxations)
      const engine = current()
      run.conforms = (value, canonical) => {
        const name = { canonical, from: run.package }
        return engine.profile(canonical, run.package) && engine.conforms(value, name, run)
      }
      safely(run, () => checkTop(resource, validationOptions, engine, run))
      return inDocumentOrder(run.issues, resource)
    },
  }
}

/** What stops a run becomes its last issue. */
function safely(run: Run, work: () => void): void {
  try {
    work()
  } catch (error) {
    run.path.length = Math.min(run.path.length, 1)
    const stopped = error instanceof StopValidation
    const rule: RuleKey =
      stopped && error.message === 'too-many-issues' ? 'too-many-issues' : 'too-costly'
    run.stop(rule, stopped ? 'Validation stopped' : `Validation failed: ${String(error)}`)
  }
}

function checkTop(resource: Resource, options: ValidationOptions, engine: Engine, run: Run): void {
  if (!isResource(resource)) {
    run.report('not-a-resource', 'A resource is an object with a resourceType')
    return
  }
  run.path.push(/^[A-Za-z]+$/.test(resource.resourceType) ? resource.resourceType : 'Resource')
  run.scope = newScope(run, resource, {})
  checkResource(resource, engine, run)
  for (const canonical of options.profiles ?? []) {
    checkAgainst(canonical, resource, engine, run, () =>
      run.report('profile-not-found', `The profile ${canonical} is not known`),
    )
  }
}

/** A resource in `contained`, in a Bundle entry or in a parameter. */
function checkInside(value: JsonValue, run: Run, isContained: boolean, engine: Engine): void {
  if (!isObject(value) || !run.enter()) return
  if (!isResource(value)) {
    run.report('not-a-resource', 'A resource needs a resourceType')
    run.leave()
    return
  }
  const outer = run.scope
  run.scope = isContained
    ? newScope(run, value, { ...outer, root: outer.root })
    : newScope(run, value, { outer, fullUrl: fullUrlOf(run) })
  checkResource(value, engine, run)
  run.scope = outer
  run.leave()
}

/** The fullUrl beside the entry's resource that the path stands at. */
function fullUrlOf({ path, scope }: Run): string | undefined {
  const [list, index] = [path.at(-3), path.at(-2)]
  if (list !== 'entry' || typeof index !== 'number') return undefined
  const entries = scope.resource.entry
  const entry = Array.isArray(entries) ? entries[index] : undefined
  return isObject(entry) && typeof entry.fullUrl === 'string' ? entry.fullUrl : undefined
}

function checkResource(resource: Resource, engine: Engine, run: Run): void {
  const outer = run.package
  run.package = outer ?? packageOf(resource, engine)
  checkInPackage(resource, engine, run)
  run.package = outer
}

/** The package of the first profile that the resource claims, R4 itself aside. */
function packageOf(resource: Resource, engine: Engine): PackageReference | undefined {
  if (!isObject(resource.meta)) return undefined
  for (const canonical of texts(resource.meta.profile)) {
    const from = engine.profile(canonical)?.package
    if (from && from.name !== 'hl7.fhir.r4.core' && from.name !== 'stored') return from
  }
  return undefined
}

function checkInPackage(resource: Resource, engine: Engine, run: Run): void {
  const { resourceType } = resource
  const shape = engine.registry.isResourceType(resourceType)
    ? engine.shape(resourceType)
    : undefined
  if (!shape) {
    run.report('unknown-resource-type', `'${shown(resourceType)}' is not a resource type`)
    return
  }
  checkObject(shape, resource, run)
  checkDomainRules(resource, run)
  resourceChecks[resourceType]?.(resource, run, engine)
  checkProfiles(resource, engine, run)
}

function checkProfiles(resource: Resource, engine: Engine, run: Run): void {
  if (run.options.ignoresMetaProfile) return
  const stated = isObject(resource.meta) ? texts(resource.meta.profile) : []
  stated.forEach((canonical, index) =>
    checkAgainst(canonical, resource, engine, run, () => {
      const unknown = `The profile ${shown(canonical)} is not known, so not checked`
      run.reportAt(['meta', 'profile', index], 'profile-unknown', unknown)
    }),
  )
  for (const canonical of vitalSignsProfiles(resource)) {
    if (!stated.includes(canonical)) checkAgainst(canonical, resource, engine, run, () => {})
  }
}

function checkAgainst(
  canonical: string,
  resource: JsonObject,
  engine: Engine,
  run: Run,
  reportUnknown: () => void,
): void {
  const profile = engine.profile(canonical, run.package)
  if (!profile) reportUnknown()
  else if (profile.type !== resource.resourceType && !/^(?:Domain)?Resource$/.test(profile.type)) {
    run.report('profile-wrong-type', `The profile ${canonical} is for ${profile.type}`)
  } else profile.check(resource, run)
}

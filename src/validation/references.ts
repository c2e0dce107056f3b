/** What a Reference may point to. R4 references.html. */
import type { Registry } from '../conformance/registry.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { resolveReference, typeInReference } from './resolution.ts'
import { shown, type ObjectCheck, type Run } from './run.ts'
import type { ValueCheck } from './shape.ts'

const CORE = 'http://hl7.org/fhir/StructureDefinition/'
const PATH = /^[A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?(?:#.*)?$/
const CONDITIONAL = /^[A-Z][A-Za-z]+\?.+$/
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:./

/** Checks of every Reference, whatever its targets. */
export function referenceCheck(registry: Registry): ObjectCheck {
  return (value, run) => {
    const { reference, type } = value
    if (typeof type === 'string' && !registry.isResourceType(type)) {
      // An absolute URL names a logical model, and no resource may refer to one.
      run.reportAt(['type'], 'reference-type', `'${shown(type)}' is not a resource type`)
    }
    if (typeof reference !== 'string') return
    if (typeof type === 'string') checkStatedType(reference, type, registry, run)
    if (reference.startsWith('#')) {
      // Only a contained resource may point to what contains it.
      const isLost = reference === '#' && run.scope.resource === run.scope.root
      if (isLost || !resolveReference(reference, run)) reportNoContained(reference, run)
    } else if (ABSOLUTE.test(reference)) checkAbsolute(reference, run)
    else if (!PATH.test(reference) && !CONDITIONAL.test(reference)) {
      const wrong = `A relative reference must be [Type]/[id], not '${shown(reference)}'`
      run.reportAt(['reference'], 'reference-format', wrong)
    } else checkRelativeType(reference, registry, run)
  }
}

function checkStatedType(reference: string, type: string, registry: Registry, run: Run): void {
  const named = typeInReference(reference, registry.isResourceType)
  if (named === undefined || named === type || !registry.isResourceType(type)) return
  run.report('reference-type', `The reference is to ${named}, but its type says ${type}`)
}

function reportNoContained(reference: string, run: Run): void {
  const human = 'SHALL have a contained resource if a local reference is provided'
  run.reportInvariant('ref-1', 'error', `${human} (reference: ${shown(reference)})`)
}

function checkAbsolute(reference: string, run: Run): void {
  if (reference.startsWith('urn:uuid:') && !UUID.test(reference)) {
    const wrong = `'${shown(reference)}' is not a valid UUID`
    run.reportAt(['reference'], 'uri-value', wrong)
  } else if (/^urn:(?:uuid|oid):/.test(reference) && isInBundle(run)) {
    if (resolveReference(reference, run)) return
    const lost = `The reference '${shown(reference)}' is not in the Bundle`
    run.report('reference-unresolved', lost)
  }
}

const UUID =
  /^urn:uuid:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?:#.*)?$/

/** A urn can be looked up nowhere but in the Bundle around it. */
function isInBundle({ scope }: Run): boolean {
  for (let outer = scope.outer; outer; outer = outer.outer) {
    if (outer.resource.resourceType === 'Bundle') return true
  }
  return false
}

function checkRelativeType(reference: string, registry: Registry, run: Run): void {
  const type = reference.slice(0, reference.search(/[/?]/))
  if (!registry.isResourceType(type)) {
    const wrong = `'${shown(reference)}' does not begin with a resource type`
    run.reportAt(['reference'], 'reference-format', wrong)
  }
}

/** The type that a Reference points to, when it can be known. */
export function targetType(value: JsonObject, registry: Registry, run: Run): string | undefined {
  const { reference, type } = value
  if (typeof reference === 'string') {
    const found = resolveReference(reference, run)
    if (found) return found.resource.resourceType
    const named = typeInReference(reference, registry.isResourceType)
    if (named !== undefined) return named
  }
  return typeof type === 'string' && registry.isResourceType(type) ? type : undefined
}

/** The target's type against the types that R4 itself allows; profiles: profile-reference.ts. */
export function targetTypeCheck(
  targetProfiles: readonly string[],
  registry: Registry,
): ValueCheck | undefined {
  const allowed = new Set<string>()
  for (const profile of targetProfiles) {
    if (!profile.startsWith(CORE)) return undefined
    allowed.add(profile.slice(CORE.length))
  }
  if (allowed.size === 0 || allowed.has('Resource')) return undefined
  return (value, run) => {
    if (!isObject(value)) return
    const type = targetType(value, registry, run)
    if (type === undefined || allowed.has(type)) return
    const wrong = `Invalid target type: found ${type}, expected ${[...allowed].join(' or ')}`
    run.report('reference-type', wrong)
  }
}

/** The same as a list of checks, for compilers. */
export function referenceTargets(
  targetProfiles: readonly string[],
  registry: Registry,
): ValueCheck[] {
  const check = targetTypeCheck(targetProfiles, registry)
  return check ? [check] : []
}

/** Invariants evaluated by our FHIRPath compiler, in the scope of the resource that is checked. */
import type { Registry } from '../conformance/registry.ts'
import type { JsonValue, Resource } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { compileInvariant, type Invariant } from '../fhirpath/compile.ts'
import type { Environment } from '../fhirpath/environment.ts'
import { ElementNode } from '../fhirpath/values.ts'
import type { Terminology } from '../terminology/terminology.ts'
import type { CompileInvariant } from './invariants.ts'
import { resolveReference } from './resolution.ts'
import { StopValidation, type Run } from './run.ts'

const STEPS_MAX = 50_000
/** Rules that look at a whole resource may look at each element some times. */
const STEPS_PER_ELEMENT = 200

export interface InvariantSources {
  readonly registry: Registry
  readonly terminology: Terminology
  /** The instant for `now()`, with its zone. */
  readonly now?: () => string
}

/** Conformance to a profile is answered by the validator that is being made. */
export function createInvariantCompiler(sources: InvariantSources): CompileInvariant {
  const { registry } = sources
  return (expression, type) => {
    const rule = compile(expression, type, registry)
    if (!rule) return undefined
    return (value, run) => {
      run.watchClock()
      const environment = environmentOf(run, sources)
      const node = new ElementNode(value, undefined, type)
      const { length } = run.path
      try {
        return rule(node, environment)
      } catch (error) {
        if (error instanceof StopValidation) throw error
        run.path.length = length
        // The rule costs too much on this resource; it is reported as not evaluated.
        return undefined
      }
    }
  }
}

function compile(expression: string, type: string, registry: Registry): Invariant | undefined {
  try {
    return compileInvariant(expression, { typeModel: registry.typeModel, rootType: type })
  } catch {
    return undefined
  }
}

/** One environment for each resource, kept in its scope. */
function environmentOf(run: Run, sources: InvariantSources): Environment {
  const { scope } = run
  if (scope.environment !== undefined) return scope.environment as Environment
  const environment: Environment = {
    resource: scope.resource,
    rootResource: scope.root,
    resolve: (reference) => resolveReference(reference, run, scope)?.resource,
    memberOf: (valueSet, value) => memberOf(valueSet, value, sources.terminology),
    conformsTo: (profile, node) => conformsTo(profile, node, run),
    get now() {
      return sources.now?.() ?? new Date().toISOString()
    },
    get stepsMax() {
      return STEPS_MAX + STEPS_PER_ELEMENT * run.elements
    },
  }
  scope.environment = environment
  return environment
}

function memberOf(valueSet: string, value: JsonValue, terminology: Terminology) {
  if (typeof value === 'string') return terminology.memberOf(valueSet, { code: value })
  if (!isObject(value)) return false
  const codings = Array.isArray(value.coding) ? value.coding : [value]
  let verdict: boolean | undefined = false
  for (const coding of codings) {
    if (!isObject(coding) || typeof coding.code !== 'string') continue
    const system = typeof coding.system === 'string' ? { system: coding.system } : {}
    const one = terminology.memberOf(valueSet, { ...system, code: coding.code })
    if (one === true) return true
    if (one === undefined) verdict = undefined
  }
  return verdict
}

function conformsTo(profile: string, node: ElementNode, run: Run): boolean | undefined {
  const { data } = node
  return isObject(data) ? run.conforms?.(data as Resource, profile) : undefined
}

/** Sets the run's scope while a resource inside another is looked at. */
import type { JsonObject } from '../fhir/resource.ts'
import { isResource } from '../fhir/resource.ts'
import { bundleIndex } from './resolution.ts'
import { newScope, type Run, type Scope } from './run.ts'

/** For values that are no resource, or the resource of the scope, nothing changes. */
export function scopeAround(value: JsonObject, run: Run, work: () => void): void {
  const outer = run.scope
  if (!isResource(value) || value === outer.resource) {
    work()
    return
  }
  run.scope = scopeOf(value, run)
  try {
    work()
  } finally {
    run.scope = outer
  }
}

function scopeOf(value: JsonObject, run: Run): Scope {
  const { scope } = run
  if (!isResource(value)) return scope
  const { contained } = scope.root
  if (value === scope.root || (Array.isArray(contained) && contained.includes(value))) {
    return newScope(run, value, { ...scope, root: scope.root })
  }
  for (let around: Scope | undefined = scope; around; around = around.outer) {
    if (around.resource.resourceType !== 'Bundle') continue
    const entry = bundleIndex(around).entries.find(({ resource }) => resource === value)
    if (entry) return newScope(run, value, { outer: around, fullUrl: entry.fullUrl })
  }
  return newScope(run, value, { outer: scope })
}

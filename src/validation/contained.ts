/** The rules of DomainResource and Resource, in code: dom-2 to dom-6, ids. R4 domainresource.html. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { shown, type Run } from './run.ts'

/** At a resource; the path stands there. */
export function checkDomainRules(resource: JsonObject, run: Run): void {
  const { contained, text } = resource
  if (Array.isArray(contained) && contained.length > 0) checkContained(contained, resource, run)
  const isNarrated = isObject(text) && typeof text.div === 'string'
  if (!isNarrated && resource === run.scope.root && isDomainResource(resource)) {
    run.reportInvariant(
      'dom-6',
      'warning',
      'A resource should have narrative for robust management',
    )
  }
}

function isDomainResource({ resourceType }: JsonObject): boolean {
  return resourceType !== 'Bundle' && resourceType !== 'Binary' && resourceType !== 'Parameters'
}

function checkContained(contained: JsonValue[], resource: JsonObject, run: Run): void {
  const targets = localReferences(resource, run)
  const ids = new Set<string>()
  contained.forEach((one, index) => {
    if (!isObject(one)) return
    run.at(['contained', index], () => {
      checkOneContained(one, run)
      if (typeof one.id !== 'string') {
        run.report('invalid-resource-id', 'A contained resource must have an id')
        return
      }
      if (ids.has(one.id)) run.report('duplicate-element-id', `Duplicate id value '${one.id}'`)
      ids.add(one.id)
      if (!targets.has(`#${one.id}`) && !localReferences(one, run).has('#')) {
        const human = `The contained resource '${shown(one.id)}' SHALL be referred to from elsewhere in the resource or SHALL refer to the containing resource`
        run.reportInvariant('dom-3', 'error', human)
      }
    })
  })
}

function checkOneContained(one: JsonObject, run: Run): void {
  if (one.contained !== undefined) {
    run.reportInvariant('dom-2', 'error', 'A contained resource SHALL NOT contain nested resources')
  }
  if (!isObject(one.meta)) return
  if (one.meta.versionId !== undefined || one.meta.lastUpdated !== undefined) {
    const human = 'A contained resource SHALL NOT have a meta.versionId or a meta.lastUpdated'
    run.reportInvariant('dom-4', 'error', human)
  }
  if (one.meta.security !== undefined) {
    run.reportInvariant('dom-5', 'error', 'A contained resource SHALL NOT have a security label')
  }
}

/** All texts that may be references to contained resources: `#id`. */
function localReferences(value: JsonValue, run: Run): ReadonlySet<string> {
  const found = new Set<string>()
  const waiting: JsonValue[] = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) addWaiting(item, found, waiting)
    } else if (isObject(next)) {
      run.spend(1)
      for (const key in next) if (key !== 'div') addWaiting(next[key]!, found, waiting)
    }
  }
  return found
}

function addWaiting(value: JsonValue, found: Set<string>, waiting: JsonValue[]): void {
  if (typeof value === 'string') {
    if (value.startsWith('#')) found.add(value)
  } else if (typeof value === 'object' && value !== null) waiting.push(value)
}

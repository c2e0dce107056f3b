/** Finds what a reference points to inside what is validated. R4 references.html, bundle.html#references. */
import type { JsonObject, JsonValue, Resource } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import type { BundleEntry, BundleIndex, Run, Scope } from './run.ts'

export interface Found {
  readonly resource: Resource
  /** How the target is held: in the same resource, in the same Bundle, or elsewhere. */
  readonly mode: 'contained' | 'bundled' | 'referenced'
  /** The Bundle entry that holds it. */
  readonly entry?: BundleEntry
  readonly bundle?: Scope
}

export function resolveReference(reference: string, run: Run, from = run.scope): Found | undefined {
  if (reference.startsWith('#')) {
    const resource = findContained(reference.slice(1), from)
    return resource && { resource, mode: 'contained' }
  }
  for (let scope: Scope | undefined = from; scope; scope = scope.outer) {
    const bundle = scope.outer
    if (bundle?.resource.resourceType !== 'Bundle') continue
    const entry = findEntries(reference, scope.fullUrl, bundle)[0]
    if (entry?.resource) return { resource: entry.resource, mode: 'bundled', entry, bundle }
  }
  const resource = run.options.resolve?.(reference)
  return resource && { resource, mode: 'referenced' }
}

function findContained(id: string, scope: Scope): Resource | undefined {
  if (id === '') return scope.root
  scope.contained ??= containedById(scope.root)
  return scope.contained.get(id)
}

function containedById(root: Resource): ReadonlyMap<string, Resource> {
  const byId = new Map<string, Resource>()
  for (const one of Array.isArray(root.contained) ? root.contained : []) {
    if (isResource(one) && typeof one.id === 'string') byId.set(one.id, one)
  }
  return byId
}

export function bundleIndex(bundle: Scope): BundleIndex {
  return (bundle.entries ??= buildBundleIndex(bundle.resource))
}

function buildBundleIndex(bundle: JsonObject): BundleIndex {
  const byUrl = new Map<string, BundleEntry[]>()
  const byTypeAndId = new Map<string, BundleEntry[]>()
  const list = Array.isArray(bundle.entry) ? bundle.entry : []
  const entries = list.map((value, index): BundleEntry => {
    const entry = isObject(value) ? value : {}
    const resource = isResource(entry.resource) ? entry.resource : undefined
    const fullUrl = typeof entry.fullUrl === 'string' ? entry.fullUrl : undefined
    return { index, fullUrl, resource }
  })
  const add = (map: Map<string, BundleEntry[]>, key: string, entry: BundleEntry) => {
    const known = map.get(key)
    if (known) known.push(entry)
    else map.set(key, [entry])
  }
  for (const entry of entries) {
    if (entry.fullUrl !== undefined) add(byUrl, entry.fullUrl, entry)
    if (typeof entry.resource?.id === 'string') {
      add(byTypeAndId, `${entry.resource.resourceType}/${entry.resource.id}`, entry)
    }
  }
  return { entries, byUrl, byTypeAndId }
}

const VERSION = /\/_history\/([^/]+)$/
const RESTFUL = /^(https?:\/\/.*\/)[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/

export function isRestfulUrl(url: string): boolean {
  return RESTFUL.test(url)
}

/** The entries a reference means by the rules of fullUrl; several when versions stand side by side. */
export function findEntries(
  reference: string,
  fullUrl: string | undefined,
  bundle: Scope,
): readonly BundleEntry[] {
  const index = bundleIndex(bundle)
  const version = VERSION.exec(reference)?.[1]
  const plain = version === undefined ? reference : reference.replace(VERSION, '')
  const found = candidates(plain.replace(/#.*$/, ''), fullUrl, index)
  if (version === undefined) return found
  return found.filter(({ resource }) => versionOf(resource) === version)
}

function candidates(
  reference: string,
  fullUrl: string | undefined,
  index: BundleIndex,
): readonly BundleEntry[] {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return index.byUrl.get(reference) ?? []
  const base = fullUrl === undefined ? undefined : RESTFUL.exec(fullUrl)?.[1]
  if (base !== undefined) return index.byUrl.get(base + reference) ?? []
  // Without a RESTful fullUrl only type and id are left to go by, where they stand for themselves.
  const alike = index.byTypeAndId.get(reference) ?? []
  return fullUrl === undefined ? alike : alike.filter((entry) => entry.fullUrl === undefined)
}

function versionOf(resource: Resource | undefined): unknown {
  return isObject(resource?.meta) ? resource.meta.versionId : undefined
}

/** The resource type that a reference text names by itself: `Patient` of `http://x/fhir/Patient/1`. */
export function typeInReference(reference: string, isType: (type: string) => boolean) {
  const match =
    /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?(?:#.*)?$/.exec(
      reference,
    ) ?? /^([A-Z][A-Za-z]+)\?/.exec(reference)
  const type = match?.[1]
  return type !== undefined && isType(type) ? type : undefined
}

/** Every `reference` text in a resource. */
export function allReferences(resource: JsonValue, run: Run): ReadonlySet<string> {
  const found = new Set<string>()
  const waiting: JsonValue[] = [resource]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    run.spend(1)
    if (Array.isArray(next)) for (const item of next) waiting.push(item)
    else if (isObject(next)) {
      if (typeof next.reference === 'string') found.add(next.reference)
      for (const key in next) if (typeof next[key] === 'object') waiting.push(next[key]!)
    }
  }
  return found
}

/** A Questionnaire or Measure by canonical: contained, given by the caller, or in the Bundle around. */
export function resolveCanonical(type: string, canonical: string, run: Run): Resource | undefined {
  if (canonical.startsWith('#')) return resolveReference(canonical, run)?.resource
  const given = run.options.canonicalResource?.(type, canonical)
  if (given) return given
  const [url, version] = canonical.split('|')
  const isMeant = (resource: Resource | undefined) =>
    resource?.resourceType === type &&
    resource.url === url &&
    (version === undefined || resource.version === version)
  for (let scope = run.scope.outer; scope; scope = scope.outer) {
    if (scope.resource.resourceType !== 'Bundle') continue
    const entry = bundleIndex(scope).entries.find(({ resource }) => isMeant(resource))
    if (entry) return entry.resource
  }
  return undefined
}

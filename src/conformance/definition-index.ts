/** Definitions by kind and canonical, resolved in the context of a package. */
import { compareVersions, isRelease } from './compare-versions.ts'
import type { ArchiveEntry } from './definition-archive.ts'
import type { Definition, DefinitionKind, PackageReference } from './registry.ts'
import type { Resource } from '../fhir/resource.ts'

/** Where a definition comes from, strongest first. */
export type Origin = 'stored' | 'package' | 'own'

/** A definition that is parsed at first use. */
export interface IndexedDefinition extends Definition {
  readonly origin: Origin
  readonly role?: ArchiveEntry['role']
}

export interface DefinitionSource {
  readonly entry: Omit<ArchiveEntry, 'offset' | 'length'>
  readonly package: PackageReference
  readonly origin: Origin
  /** Called at the first use of `resource`, and again when it is no longer fresh. */
  load(): Resource
  /** False when what was loaded depends on other definitions, and these have changed. */
  isFresh?(): boolean
}

export function toDefinition({
  entry,
  package: reference,
  origin,
  load,
  isFresh,
}: DefinitionSource): IndexedDefinition {
  const { kind, url, version, id, type, role } = entry
  let resource: Resource | undefined
  return {
    kind,
    url,
    ...(version === undefined ? {} : { version }),
    ...(id === undefined ? {} : { id }),
    ...(role === undefined ? {} : { role }),
    ...(role === 'profile' && type !== undefined ? { profiledType: type } : {}),
    package: reference,
    origin,
    get resource() {
      if (!resource || isFresh?.() === false) resource = load()
      return resource
    },
  }
}

export interface DefinitionIndex {
  add(definition: IndexedDefinition): void
  delete(definition: IndexedDefinition): void
  /** Makes a package known, with the dependencies that its canonicals are resolved in. */
  addPackage(reference: PackageReference, dependencies: Readonly<Record<string, string>>): void
  resolve(
    kind: DefinitionKind,
    canonical: string,
    context?: PackageReference,
  ): IndexedDefinition | undefined
  list(kind: DefinitionKind): Iterable<IndexedDefinition>
}

/** `defaults`: package name, or canonical, to the version taken where no context decides. */
export function createDefinitionIndex(defaults: Readonly<Record<string, string>>): DefinitionIndex {
  const byCanonical = new Map<string, IndexedDefinition[]>()
  const byKind = new Map<DefinitionKind, Set<IndexedDefinition>>()
  const packages = createPackageGraph()

  function add(definition: IndexedDefinition): void {
    const key = keyOf(definition.kind, definition.url)
    const known = byCanonical.get(key)
    if (!known) byCanonical.set(key, [definition])
    else insertByPreference(known, definition)
    const ofKind = byKind.get(definition.kind)
    if (ofKind) ofKind.add(definition)
    else byKind.set(definition.kind, new Set([definition]))
  }

  function resolve(kind: DefinitionKind, canonical: string, context?: PackageReference) {
    const { url, version } = splitCanonical(canonical)
    const candidates = byCanonical.get(keyOf(kind, url))
    const first = candidates?.[0]
    if (!candidates || !first) return undefined
    if (version !== undefined) {
      const pinned = candidates.find((known) => known.version === version)
      // A guide pins what its own build had; a client that names a version means that version.
      if (pinned || !context) return pinned
    }
    if (candidates.length === 1 || first.origin === 'stored') return first
    return (context && packages.nearest(candidates, context)) ?? byDefault(candidates, url) ?? first
  }

  function byDefault(candidates: readonly IndexedDefinition[], url: string) {
    return candidates.find(
      ({ version, package: { name, version: packageVersion } }) =>
        (defaults[url] !== undefined && defaults[url] === version) ||
        (defaults[name] !== undefined && defaults[name] === packageVersion),
    )
  }

  return {
    add,
    resolve,
    addPackage: packages.add,
    delete(definition) {
      byKind.get(definition.kind)?.delete(definition)
      const candidates = byCanonical.get(keyOf(definition.kind, definition.url))
      const at = candidates?.indexOf(definition) ?? -1
      if (at >= 0) candidates?.splice(at, 1)
    },
    list: (kind) => byKind.get(kind) ?? [],
  }
}

function keyOf(kind: DefinitionKind, url: string): string {
  return `${kind} ${url}`
}

export function splitCanonical(canonical: string): { url: string; version?: string } {
  const cut = canonical.indexOf('|')
  if (cut < 0) return { url: canonical }
  return { url: canonical.slice(0, cut), version: canonical.slice(cut + 1) }
}

const ORIGIN_ORDER: Readonly<Record<Origin, number>> = { stored: 0, package: 1, own: 2 }

/** Keeps the list in order: stored first, packages before our own, releases first, newest first. */
function insertByPreference(known: IndexedDefinition[], added: IndexedDefinition): void {
  const at = known.findIndex((other) => prefer(added, other) < 0)
  if (at < 0) known.push(added)
  else known.splice(at, 0, added)
}

function prefer(left: IndexedDefinition, right: IndexedDefinition): number {
  if (left.origin !== right.origin) return ORIGIN_ORDER[left.origin] - ORIGIN_ORDER[right.origin]
  const [a, b] = [left.version ?? '', right.version ?? '']
  if (isRelease(a) !== isRelease(b)) return isRelease(a) ? -1 : 1
  return compareVersions(b, a)
}

function createPackageGraph() {
  const dependenciesOf = new Map<string, Readonly<Record<string, string>>>()
  const orders = new Map<string, ReadonlyMap<string, number>>()

  /** The package first, then its dependencies, the nearer before the farther. */
  function orderFrom(context: PackageReference): ReadonlyMap<string, number> {
    const start = nameOf(context)
    const known = orders.get(start)
    if (known) return known
    const order = new Map([[start, 0]])
    for (const name of order.keys()) {
      for (const [dependency, version] of Object.entries(dependenciesOf.get(name) ?? {})) {
        const found = nameOf({ name: dependency, version: matchVersion(dependency, version) })
        if (!order.has(found)) order.set(found, order.size)
      }
    }
    orders.set(start, order)
    return order
  }

  /** Turns `2.1.x` into the highest such version that is loaded. */
  function matchVersion(name: string, version: string): string {
    if (!version.endsWith('.x')) return version
    const prefix = `${name}#${version.slice(0, -1)}`
    const versions = [...dependenciesOf.keys()]
      .filter((known) => known.startsWith(prefix))
      .map((known) => known.slice(name.length + 1))
    return versions.toSorted(compareVersions).at(-1) ?? version
  }

  return {
    add(reference: PackageReference, dependencies: Readonly<Record<string, string>>): void {
      const name = nameOf(reference)
      // Our own statement of a package and the official one share a name: both count.
      dependenciesOf.set(name, { ...dependencies, ...dependenciesOf.get(name) })
      orders.clear()
    },
    nearest(candidates: readonly IndexedDefinition[], context: PackageReference) {
      const order = orderFrom(context)
      let best: { definition: IndexedDefinition; rank: number } | undefined
      for (const definition of candidates) {
        const rank = order.get(nameOf(definition.package))
        if (rank !== undefined && (!best || rank < best.rank)) best = { definition, rank }
      }
      return best?.definition
    },
  }
}

function nameOf({ name, version }: PackageReference): string {
  return `${name}#${version}`
}

/** Everything compiled from one state of the registry. Made anew when its epoch changes. */
import type { PackageReference, Registry } from '../conformance/registry.ts'
import { isError } from '../fhir/operation-outcome.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject, isResource } from '../fhir/resource.ts'
import type { Terminology } from '../terminology/terminology.ts'
import { readSnapshot, objects, text, type ElementDefinition } from './element-definition.ts'
import { isSubtype, type Engine } from './engine.ts'
import { addedContexts } from './errata.ts'
import type { ExtensionDefinition } from './extensions.ts'
import type { CompileInvariant } from './invariants.ts'
import type { ItemCheck, Profile } from './profile-check.ts'
import { compileProfile } from './profile-compiler.ts'
import type { ProfileSources } from './profile-context.ts'
import { buildProfileTree, childNamed, type ProfileNode } from './profile-tree.ts'
import { scopeAround } from './resource-scope.ts'
import type { Run } from './run.ts'
import { createShapes } from './shape-compiler.ts'
import { specialChecks } from './special-checks.ts'
import type { ValueCheck } from './shape.ts'

export interface EngineOptions {
  readonly registry: Registry
  readonly terminology: Terminology
  readonly compileInvariant: CompileInvariant
  readonly checkContained: ValueCheck
  readonly checkInner: ValueCheck
}

export function createEngine(options: EngineOptions): Engine {
  const { registry, terminology, compileInvariant } = options
  const profiles = createProfiles(options)
  const engine: Engine = {
    registry,
    terminology,
    profile: profiles.profile,
    conforms: profiles.conforms,
    extension: createExtensions(registry, profiles.profile),
    shape: createShapes({
      registry,
      binding: { terminology, package: undefined },
      compileInvariant,
      specials: (type) => specials(type),
      checkContained: options.checkContained,
      checkInner: options.checkInner,
    }),
  }
  const specials = specialChecks(engine)
  return engine
}

function createProfiles({ registry, terminology, compileInvariant }: EngineOptions) {
  const known = new Map<string, Profile>()
  const baseElement = baseElements(registry)
  const profile: ProfileSources['profile'] = (canonical, from) => {
    const key = from ? `${canonical} ${from.name}#${from.version}` : canonical
    const made = known.get(key)
    if (made) return made
    // What is not known is not remembered: the names come from outside.
    const found = registry.resolve('StructureDefinition', canonical, from)
    if (!found) return undefined
    const identity = `${found.url}|${found.version} ${found.package.name}#${found.package.version}`
    const fresh = known.get(identity) ?? makeProfile(found.resource, found.package, sources)
    known.set(identity, fresh)
    known.set(key, fresh)
    return fresh
  }
  const sources: ProfileSources = {
    registry,
    terminology,
    compileInvariant,
    profile,
    baseElement,
    checkProfile(value, { canonical, from }, run) {
      const found = profile(canonical, from)
      if (found) runProfile(value, found, run)
    },
    conforms(value, { canonical, from }, run) {
      const found = profile(canonical, from)
      return found !== undefined && conformsTo(value, found, run)
    },
    whyNot(value, { canonical, from }, run) {
      const found = profile(canonical, from)
      if (!found) return 'the profile is not known'
      const issues = run.collect(() => runProfile(value, found, run))
      return issues.find(isError)?.diagnostics ?? ''
    },
    isSubtype: (type, base) => isSubtype(type, base, registry),
  }
  return { profile, conforms: sources.conforms }
}

function makeProfile(
  resource: JsonObject,
  from: PackageReference,
  sources: ProfileSources,
): Profile {
  const url = text(resource.url) ?? ''
  const type = text(resource.type) ?? ''
  const version = text(resource.version)
  const canonical = version === undefined ? url : `${url}|${version}`
  let tree: ProfileNode | undefined
  let checks: readonly ItemCheck[] | undefined
  const treeOf = () => (tree ??= buildProfileTree(readSnapshot(resource)))
  const compile = () => {
    const root = resource.derivation === 'constraint' ? treeOf() : undefined
    return root ? compileProfile({ sources, canonical, package: from, root }, type) : []
  }
  return {
    url,
    canonical,
    type,
    package: from,
    tree: treeOf,
    check: (value, run) => {
      checks ??= compile()
      const item = { value, sibling: undefined, type }
      for (const check of checks) check(item, run)
    },
  }
}

function baseElements(registry: Registry): (path: string) => ElementDefinition | undefined {
  const byType = new Map<string, ReadonlyMap<string, ElementDefinition>>()
  return (path) => {
    const type = path.split('.')[0]!
    let elements = byType.get(type)
    if (!elements) {
      const definition = registry.typeDefinition(type)
      const list = definition ? readSnapshot(definition) : []
      elements = new Map(list.map((element) => [element.path, element]))
      byType.set(type, elements)
    }
    return elements.get(path)
  }
}

function runProfile(value: JsonObject, profile: Profile, run: Run): void {
  const found = isResource(value) ? value.resourceType : undefined
  if (found !== undefined && found !== profile.type && !isAnyResource(profile.type)) {
    run.report('profile-wrong-type', `${profile.canonical} is for ${profile.type}, not ${found}`)
    return
  }
  scopeAround(value, run, () => profile.check(value, run))
}

function isAnyResource(type: string): boolean {
  return type === 'Resource' || type === 'DomainResource'
}

/** Remembered in the run; a question asked again while it is being answered counts as yes. */
function conformsTo(value: JsonValue, profile: Profile, run: Run): boolean {
  if (!isObject(value)) return false
  if (isResource(value) && value.resourceType !== profile.type && !isAnyResource(profile.type)) {
    return false
  }
  const answers = run.answersFor(value)
  const known = answers.get(profile)
  if (known !== undefined) return known
  answers.set(profile, true)
  const fits = !run.hasErrors(() => runProfile(value, profile, run))
  answers.set(profile, fits)
  return fits
}

function createExtensions(registry: Registry, profile: Engine['profile']) {
  const known = new Map<string, ExtensionDefinition | undefined>()
  return (url: string, from?: PackageReference): ExtensionDefinition | undefined => {
    const key = from ? `${url} ${from.name}#${from.version}` : url
    if (known.has(key)) return known.get(key)
    const found = profile(url, from)
    const definition = registry.resolve('StructureDefinition', url, from)?.resource
    const isKnown = found !== undefined && definition?.type === 'Extension'
    const made = isKnown ? makeExtension(found, definition) : undefined
    // Bounded, because the urls come from outside.
    if (known.size > 5000) known.clear()
    known.set(key, made)
    return made
  }
}

function makeExtension(found: Profile, definition: JsonObject): ExtensionDefinition {
  return {
    isModifier: found.tree()?.definition.isModifier ?? false,
    contexts: [
      ...objects(definition.context).map((context) => ({
        type: text(context.type) ?? '',
        expression: text(context.expression) ?? '',
      })),
      ...addedContexts(found.url).map((expression) => ({ type: 'element', expression })),
    ],
    parts: partsOf(found.tree()),
    check: found.check,
  }
}

function partsOf(tree: ProfileNode | undefined): ReadonlySet<string> | undefined {
  const slices = (tree && childNamed(tree, 'extension')?.slices) ?? []
  const parts = new Set<string>()
  for (const slice of slices) {
    const { fixed } = childNamed(slice, 'url')?.definition ?? {}
    // A part that is an extension of its own has its url from there.
    if (typeof fixed === 'string') parts.add(fixed)
    else if (slice.definition.types.every(({ profiles }) => profiles.length === 0)) return undefined
  }
  return parts.size > 0 ? parts : undefined
}

/** Extensions against their own definitions. R4 extensibility.html. */
import type { PackageReference, Registry } from '../conformance/registry.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { extensionContexts, type ExtensionContext } from './extension-context.ts'
import type { ProfileCheck } from './profile-check.ts'
import { isAbsoluteUri } from './codings.ts'
import { shown, type ObjectCheck, type Run } from './run.ts'

export interface ExtensionDefinition {
  readonly isModifier: boolean
  readonly contexts: readonly ExtensionContext[]
  /** The short names of its parts; undefined when it does not list them. */
  readonly parts: ReadonlySet<string> | undefined
  readonly check: ProfileCheck
}

export interface ExtensionSources {
  readonly registry: Registry
  readonly extension: (url: string, from?: PackageReference) => ExtensionDefinition | undefined
}

/** ext-1, the url, and what the definition says when it is at hand. */
export function extensionCheck(sources: ExtensionSources): ObjectCheck {
  return (extension, run) => {
    checkExtOne(extension, run)
    const { url } = extension
    if (typeof url !== 'string') return
    const { path } = run
    const isModifier = path.at(-2) === 'modifierExtension'
    if (!isAbsoluteUri(url)) {
      // Parts of a complex extension have short names; the whole is checked by its definition.
      if (!isNested(run)) {
        run.reportAt(
          ['url'],
          'extension-url',
          `Extension.url must be absolute, not '${shown(url)}'`,
        )
      }
      return
    }
    const definition = sources.extension(url, run.package)
    if (!definition) reportUnknown(url, isModifier, run)
    else checkKnown(extension, definition, { url, isModifier, sources, run })
  }
}

/** `extension.exists() != value.exists()`: neither is refused as both are. */
function checkExtOne(extension: JsonObject, run: Run): void {
  let hasValue = false
  for (const key in extension) hasValue ||= key.startsWith('value') || key.startsWith('_value')
  if ((extension.extension !== undefined) === hasValue) {
    run.reportInvariant('ext-1', 'error', 'Must have either extensions or value[x], not both')
  }
}

function isNested({ path, scope }: Run): boolean {
  let extensions = 0
  for (let at = path.length - 1; at >= scope.pathStart; at--) {
    if (path[at] === 'extension' || path[at] === 'modifierExtension') extensions++
  }
  return extensions > 1
}

function reportUnknown(url: string, isModifier: boolean, run: Run): void {
  const unknown = `The extension ${shown(url)} is unknown`
  if (isModifier) run.report('modifier-extension-unknown', `${unknown}, and it is a modifier`)
  else run.report('extension-unknown', unknown)
}

interface KnownContext {
  readonly url: string
  readonly isModifier: boolean
  readonly sources: ExtensionSources
  readonly run: Run
}

function checkKnown(
  extension: JsonObject,
  definition: ExtensionDefinition,
  { url, isModifier, sources, run }: KnownContext,
): void {
  if (definition.isModifier !== isModifier) {
    const must = definition.isModifier ? 'must' : 'must not'
    run.report('extension-modifier', `The extension ${url} ${must} be used as a modifierExtension`)
  }
  if (!isContextAllowed(definition.contexts, url, sources.registry, run)) {
    run.report('extension-context', `The extension ${url} is not allowed at this point`)
  }
  if (definition.parts) checkParts(extension, definition.parts, url, run)
  definition.check(extension, run)
}

function checkParts(
  { extension: parts }: JsonObject,
  known: ReadonlySet<string>,
  url: string,
  run: Run,
): void {
  if (!Array.isArray(parts)) return
  parts.forEach((part, index) => {
    const name = isObject(part) ? part.url : undefined
    if (typeof name !== 'string' || isAbsoluteUri(name) || known.has(name)) return
    const wrong = `The part '${shown(name)}' is not defined by the extension ${url}`
    run.reportAt(['extension', index], 'extension-part', wrong)
  })
}

const verdicts = new WeakMap<readonly ExtensionContext[], Map<string, boolean>>()
const VERDICTS_MAX = 2000

/** The same places come again and again, so each is worked out once. */
function isContextAllowed(
  contexts: readonly ExtensionContext[],
  url: string,
  registry: Registry,
  run: Run,
): boolean {
  if (contexts.length === 0) return true
  const place = placeOf(run)
  const parent = parentExtension(run)
  if (parent !== undefined) return isInExtension(contexts, parent, place, registry, run)
  let known = verdicts.get(contexts)
  if (!known) verdicts.set(contexts, (known = new Map()))
  const verdict = known.get(place)
  if (verdict !== undefined) return verdict
  const allowed = extensionContexts(contexts, place.split('.'), registry)
  if (known.size >= VERDICTS_MAX) known.clear()
  known.set(place, allowed)
  return allowed
}

function isInExtension(
  contexts: readonly ExtensionContext[],
  parent: string,
  place: string,
  registry: Registry,
  run: Run,
): boolean {
  run.spend(1)
  return contexts.some(
    ({ type, expression }) =>
      (type === 'extension' &&
        (parent === '' || expression === parent || expression.startsWith(`${parent}#`))) ||
      (type === 'element' && (expression === 'Extension' || expression === 'Element')) ||
      type === 'fhirpath' ||
      extensionContexts([{ type, expression }], place.split('.'), registry),
  )
}

/** The element that carries the extension, as `Patient.contact.name`. */
function placeOf({ path, scope }: Run): string {
  let place = scope.resource.resourceType
  for (let at = scope.pathStart; at < path.length - 2; at++) {
    const step = path[at]
    if (typeof step === 'string') place += `.${step}`
  }
  return place
}

/** The url of the extension around this one, if any; empty when it cannot be told. */
function parentExtension({ path, scope }: Run): string | undefined {
  const parentStep = path.at(-4)
  if (parentStep !== 'extension' && parentStep !== 'modifierExtension') return undefined
  let value: unknown = scope.resource
  for (let at = scope.pathStart; at < path.length - 2; at++) {
    if (typeof value !== 'object' || value === null) return ''
    value = (value as Record<string | number, unknown>)[path[at]!]
  }
  const url = typeof value === 'object' && value !== null ? (value as { url?: unknown }).url : ''
  return typeof url === 'string' ? url : ''
}

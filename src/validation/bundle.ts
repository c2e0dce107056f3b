/** Rules of Bundles beyond their invariants. R4 bundle.html. */
import type { Registry } from '../conformance/registry.ts'
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { checkReachability } from './bundle-reachability.ts'
import { isAbsoluteUri } from './codings.ts'
import { checkDocument, checkFocus } from './document.ts'
import { objects, text } from './element-definition.ts'
import type { Engine } from './engine.ts'
import { bundleIndex, isRestfulUrl } from './resolution.ts'
import { shown, type BundleEntry, type Run } from './run.ts'

/** Entries are there without a fullUrl of their own. */
const optionalFullUrl = new Set([
  'transaction',
  'transaction-response',
  'batch',
  'batch-response',
  'history',
])

export function checkBundle(bundle: JsonObject, run: Run, { registry }: Engine): void {
  const type = text(bundle.type)
  const { entries } = bundleIndex(run.scope)
  if (entries.length === 0) {
    if (type === 'document' || type === 'message') {
      run.report('bundle-rule', `A ${type} must contain at least one entry`)
    }
    return
  }
  for (const entry of entries) {
    run.at(['entry', entry.index], () => checkEntry(entry, type, run, registry))
  }
  if (type === 'searchset') checkSearchset(bundle, run)
  if (type === 'document') checkDocument(entries[0]!, run)
  if (type === 'message' && entries[0]!.resource?.resourceType !== 'MessageHeader') {
    const wrong = 'The first entry in a message must be a MessageHeader'
    run.reportAt(['entry', 0], 'bundle-rule', wrong)
  }
  if (type === 'message') checkFocus(entries[0]!, run)
  if (type === 'document' || type === 'message') checkReachability(entries, type, run)
}

/** What was found on a server has an id; an OperationOutcome about the search need not. */
function checkStoredId({ resource, fullUrl }: BundleEntry, type: string | undefined, run: Run) {
  if (type !== 'searchset' && type !== 'history') return
  if (!resource || resource.id !== undefined || resource.resourceType === 'OperationOutcome') return
  if (fullUrl?.startsWith('urn:')) return
  run.reportAt(['resource'], 'bundle-rule', 'The resource needs an id, but there is none')
}

function checkEntry(
  entry: BundleEntry,
  type: string | undefined,
  run: Run,
  registry: Registry,
): void {
  const { fullUrl, resource } = entry
  checkStoredId(entry, type, run)
  if (fullUrl === undefined) {
    if (resource && !optionalFullUrl.has(type ?? '')) {
      run.report('bundle-rule', `Each entry of a Bundle of type ${type} must have a fullUrl`)
    }
    return
  }
  if (!isAbsoluteUri(fullUrl)) {
    run.report('bundle-rule', `The fullUrl must be an absolute URL (not '${shown(fullUrl)}')`)
    return
  }
  if (type !== 'transaction' && type !== 'batch' && resource && isRestfulUrl(fullUrl)) {
    checkRestfulUrl(fullUrl, resource, run, registry)
  }
}

/** The URL of a resource on a server ends in its type and id. */
function checkRestfulUrl(fullUrl: string, resource: Resource, run: Run, registry: Registry): void {
  const { resourceType, id } = resource
  const [named, last] = fullUrl.split('/').slice(-2)
  if (typeof id === 'string' && id !== last) {
    const wrong = `The resource id '${shown(id)}' does not match the fullUrl '${shown(fullUrl)}'`
    run.report('bundle-rule', wrong)
  } else if (named !== resourceType && registry.isResourceType(named!)) {
    const wrong = `The resource is a ${shown(resourceType)}, but the fullUrl is '${shown(fullUrl)}'`
    run.report('bundle-rule', wrong)
  }
}

function checkSearchset(bundle: JsonObject, run: Run): void {
  const links = objects(bundle.link)
  if (!links.some(({ relation }) => relation === 'self')) {
    run.report('bundle-rule', 'A searchset should have a self link', 'warning')
  }
  const isMarked = (entry: JsonObject) => isObject(entry.search) && entry.search.mode !== undefined
  if (!objects(bundle.entry).every(isMarked)) {
    run.report('bundle-rule', 'The entries of a searchset should have search modes', 'warning')
  }
}

/**
 * Turns the references of an incoming resource into what is stored: a fullUrl of the Bundle into
 * the id that its entry got, a conditional reference into its one match. R4 http.html#trules.
 */
import { UnprocessableResource } from '../errors.ts'
import { bundleReferenceRule, conditionalReferenceRule } from '../fhir/request-rule-texts.ts'
import { parseReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import { replaceReferences, walkReferences } from '../fhir/walk-references.ts'
import { findReferenced, noIdentities, type Identities } from './bundle-identities.ts'
import type { Context } from './context.ts'
import type { DraftPlan } from './draft.ts'
import { findFormerTarget } from './former-target.ts'
import { replaceLinks } from './replace-links.ts'

/** Decision 48: outside a transaction references are resolved by the same rules. */
export function resolveConditionalSubject(
  context: Context,
  resource: Resource,
  plan: DraftPlan,
): Promise<Resource> {
  const identities = noIdentities()
  return resolveReferences(context, plan, { resource, identities, at: resource.resourceType })
}

export interface ResolveInput {
  readonly resource: Resource
  readonly identities: Identities
  readonly fullUrl?: string | undefined
  /** FHIRPath of the resource, for errors. */
  readonly at: string
}

/**
 * A copy with every reference resolved. Throws 422 for a `urn:` that no fullUrl bears and for a
 * conditional reference without exactly one match. A stored Bundle's inside is left as it is.
 */
export async function resolveReferences(
  context: Context,
  plan: DraftPlan,
  input: ResolveInput,
): Promise<Resource> {
  const { resource, identities } = input
  if (resource.resourceType === 'Bundle') return resource
  await resolveConditions(context, plan, input)
  const root = (input.fullUrl && restfulRoot(input.fullUrl)) || context.services.baseUrl
  const replaced = replaceReferences(
    resource,
    (text, isReference, path) => {
      const known = findFullUrl(text, identities, root)
      if (known !== undefined) return known
      if (!isReference) return text
      const match = identities.resolved.get(text)
      if (match !== undefined) return match
      if (text.startsWith('urn:')) throw unresolvedUrn(text, path())
      return text
    },
    input.at,
  )
  if (identities.fullUrls.size === 0) return replaced
  return replaceLinks(replaced, context.services.registry, (text) => findFullUrl(text, identities))
}

/**
 * What a fullUrl of the Bundle became, its fragment kept. With a `root`, relative references are
 * read below it. A version belongs to the sender's server: it becomes the first version of what is
 * created, and is dropped for what exists, unless the reference is to this very resource.
 */
function findFullUrl(text: string, identities: Identities, root?: string): string | undefined {
  const { fullUrls } = identities
  if (fullUrls.size === 0 || text.startsWith('#')) return undefined
  const [whole, fragment] = text.split('#', 2) as [string, string?]
  const [url, version] = whole.split('/_history/', 2) as [string, string?]
  const found =
    fullUrls.get(url) ??
    (url.includes(':') || root === undefined ? undefined : fullUrls.get(`${root}/${url}`))
  if (found === undefined) return undefined
  if (version !== undefined && found === url) return undefined
  const id = found.slice(found.indexOf('/') + 1)
  const isNew = version !== undefined && [...identities.newIds.values()].includes(id)
  return `${found}${isNew ? '/_history/1' : ''}${fragment === undefined ? '' : `#${fragment}`}`
}

/** `http://server/fhir` of `http://server/fhir/Patient/1`; undefined for other fullUrls. */
function restfulRoot(fullUrl: string): string | undefined {
  return /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl)?.[1]
}

function unresolvedUrn(text: string, path: string): UnprocessableResource {
  return new UnprocessableResource(`${path} refers to ${text}, but no entry has that fullUrl`, {
    code: 'not-found',
    expression: path,
    rule: bundleReferenceRule,
  })
}

/** Resolves each conditional reference once for the whole Bundle. */
async function resolveConditions(
  context: Context,
  plan: DraftPlan,
  { resource, identities, at }: ResolveInput,
): Promise<void> {
  const pending = new Map<string, string>()
  walkReferences(resource, ({ text, isReference, path }) => {
    if (!isReference || identities.resolved.has(text)) return
    if (parseReference(text).kind === 'conditional') pending.set(text, path)
  })
  for (const [text, path] of pending) {
    const { type, query } = parseReference(text) as { type: string; query: string }
    const where = path.replace(/^[A-Za-z]+/, at)
    const matches = context.services.registry.isResourceType(type)
      ? await findReferenced(context, plan, identities, { type, query })
      : new Set<string>()
    const refusal = noSingleMatch(text, where)
    if (matches.size > 1) throw refusal
    const [match] = matches
    const id = match ?? (await findFormerTarget(context, plan, { type, query, refusal }))
    identities.resolved.set(text, `${type}/${id}`)
  }
}

/** One wording for none, several and hidden (decision 48). The text is what this request sent. */
function noSingleMatch(text: string, path: string): UnprocessableResource {
  return new UnprocessableResource(
    `${path} is the conditional reference "${text}", which does not match exactly one resource here`,
    { code: 'not-found', expression: path, rule: conditionalReferenceRule },
  )
}

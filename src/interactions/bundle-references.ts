/**
 * Turns the references of an incoming resource into what is stored: a fullUrl of the Bundle into
 * the id that its entry got, a conditional reference into its one match. R4 http.html#trules.
 */
import { UnprocessableResource } from '../errors.ts'
import { parseReference } from '../fhir/reference.ts'
import type { Resource } from '../fhir/resource.ts'
import { replaceReferences, walkReferences } from '../fhir/walk-references.ts'
import type { MatchedIds } from '../access/guarded-store.ts'
import { matchesClause, type Lookup } from '../search/matcher.ts'
import { parseCondition } from './conditions.ts'
import type { Context } from './context.ts'
import type { DraftPlan } from './draft.ts'

/** What each fullUrl became (`Type/id`), and how one conditional reference was resolved. */
export interface BundleIdentities {
  readonly fullUrls: ReadonlyMap<string, string>
  /** Resources of the same Bundle that a conditional reference may mean. */
  readonly candidates: readonly {
    readonly type: string
    readonly id: string
    readonly resource: Resource
  }[]
}

const noEnvelope = { patients: [], authors: [], depositor: {}, labels: [], depositedAt: 0 }
const noOthers: Lookup = { find: () => undefined, all: () => [] }

const alone: BundleIdentities = { fullUrls: new Map(), candidates: [] }

/** Decision 48: outside a transaction references are resolved by the same rules. */
export function resolveConditionalSubject(
  context: Context,
  resource: Resource,
  plan: DraftPlan,
): Promise<Resource> {
  return resolveReferences(context, plan, {
    resource,
    identities: alone,
    at: resource.resourceType,
  })
}

export interface ResolveInput {
  readonly resource: Resource
  readonly identities: BundleIdentities
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
  const conditional = await resolveConditions(context, plan, input)
  const rootUrl = input.fullUrl && restfulRoot(input.fullUrl)
  return replaceReferences(
    resource,
    (text, isReference, path) => {
      const known = findFullUrl(text, identities.fullUrls, rootUrl || context.services.baseUrl)
      if (known !== undefined) return known
      if (!isReference) return text
      const match = conditional.get(text)
      if (match !== undefined) return match
      if (text.startsWith('urn:')) throw unresolvedUrn(text, path)
      return text
    },
    input.at,
  )
}

function findFullUrl(
  text: string,
  fullUrls: ReadonlyMap<string, string>,
  root: string,
): string | undefined {
  if (fullUrls.size === 0 || text.startsWith('#')) return undefined
  const [url, fragment] = text.split('#', 2) as [string, string?]
  const found =
    fullUrls.get(url) ?? (url.includes(':') ? undefined : fullUrls.get(`${root}/${url}`))
  return found === undefined || fragment === undefined ? found : `${found}#${fragment}`
}

/** `http://server/fhir` of `http://server/fhir/Patient/1`; undefined for other fullUrls. */
function restfulRoot(fullUrl: string): string | undefined {
  return /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/.exec(fullUrl)?.[1]
}

function unresolvedUrn(text: string, path: string): UnprocessableResource {
  return new UnprocessableResource(`${path} refers to ${text}, but no entry has that fullUrl`, {
    code: 'not-found',
    expression: path,
  })
}

async function resolveConditions(
  context: Context,
  plan: DraftPlan,
  { resource, identities, at }: ResolveInput,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  walkReferences(resource, ({ text, isReference, path }) => {
    if (isReference && parseReference(text).kind === 'conditional') texts.set(text, path)
  })
  const resolved = new Map<string, string>()
  for (const [text, path] of texts) {
    const reference = parseReference(text) as { type: string; query: string }
    const where = path.replace(/^[A-Za-z]+/, at)
    if (!context.services.registry.isResourceType(reference.type)) throw noSingleMatch(text, where)
    resolved.set(
      text,
      await resolveCondition(context, plan, { ...reference, identities, text, path: where }),
    )
  }
  return resolved
}

async function resolveCondition(
  context: Context,
  plan: DraftPlan,
  {
    type,
    query,
    identities,
    text,
    path,
  }: {
    type: string
    query: string
    identities: BundleIdentities
    text: string
    path: string
  },
): Promise<string> {
  const clause = parseCondition(context, type, query)
  const inBundle = identities.candidates.filter(
    (candidate) =>
      candidate.type === type &&
      matchesClause(
        clause,
        {
          type,
          id: candidate.id,
          lastUpdated: 0,
          entries: context.services.extract(candidate.resource),
          envelope: noEnvelope,
        },
        noOthers,
      ),
  )
  const { ids, precondition }: MatchedIds = await context.store.match(type, clause, 2)
  const matches = new Set([...ids, ...inBundle.map(({ id }) => id)])
  if (matches.size !== 1) throw noSingleMatch(text, path)
  plan.preconditions.push(precondition)
  return `${type}/${[...matches][0]}`
}

/** One wording for none, several and hidden (decision 48). The text is what this request sent. */
function noSingleMatch(text: string, path: string): UnprocessableResource {
  return new UnprocessableResource(
    `${path} is the conditional reference "${text}", which does not match exactly one resource here`,
    { code: 'not-found', expression: path },
  )
}

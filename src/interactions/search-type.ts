/** The search interactions, on one type and on the whole system. R4 http.html#search, search.html. */
import { FhirError, Gone, InvalidRequest, NotFound } from '../errors.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import { toOperationOutcome } from '../fhir/operation-outcome.ts'
import { formatQuery } from '../search/format-query.ts'
import { isWithinOneRecord } from '../search/one-record.ts'
import { openPageLink, sealPageLink } from '../search/page-link.ts'
import type { ParsedQuery } from '../search/parse-query.ts'
import { allOf, type Clause, type SearchRequest } from '../search/search-request.ts'
import { renderSearchset, type SearchsetEntry } from '../search/searchset.ts'
import type { SearchPage } from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { Context } from './context.ts'
import { includedVersions } from './included-versions.ts'
import type { Outcome } from './outcome.ts'
import { pageTokenOf } from './page-token.ts'
import { parseSearch, type SearchTarget } from './parse-search.ts'
import { checkRead } from './read.ts'
import { createAllowance, renderVersion, type Allowance } from './render-version.ts'

export async function search(context: Context, target: SearchTarget): Promise<Outcome> {
  const link = pageTokenOf(target.parameters)
  const opened = link === undefined ? undefined : openLink(context, target, link)
  const parameters = opened?.parameters ?? target.parameters
  const startedAt = opened?.now ?? context.services.now()
  const parsed = parseSearch(context, { type: target.type, parameters }, { at: startedAt })
  const request: SearchRequest = {
    ...parsed.request,
    where: await ruledClause(context, { type: target.type, parameters }, parsed.request.where),
    ...(opened ? placeOf(opened) : {}),
  }
  const found = await context.store.search(request).catch((error: unknown) => {
    throw opened && error instanceof Gone ? expired(context, { target, parsed }, error) : error
  })
  const page = {
    ...found,
    included: await readableOnes(context, await includedVersions(context, found)),
  }
  // The first page counts; later pages repeat its total, which is that of the same commit.
  const total = opened ? opened.total : (page.total ?? (await recordTotal(context, request, page)))
  const body = await renderPage(context, { target, parsed, page, total, startedAt })
  return { status: 200, body }
}

/** Decision 41: within one patient's record the total is exact, however many there are. */
async function recordTotal(
  context: Context,
  request: SearchRequest,
  { asOf }: SearchPage,
): Promise<number | undefined> {
  if (request.total !== 'whenCheap' || !isWithinOneRecord(request.where)) return undefined
  const counting = { ...request, count: 0, includes: [], total: 'accurate' as const, asOf }
  return (await context.store.search(counting)).total
}

/** A page link beyond the window, with the search to begin again with. */
function expired(
  context: Context,
  { target, parsed }: { target: SearchTarget; parsed: ParsedQuery },
  cause: Gone,
): Gone {
  const again = selfUrl(context, target, parsed)
  return new Gone('The state of the data that this page link shows', {
    cause,
    issues: [
      {
        severity: 'error',
        code: 'expired',
        diagnostics: `This page link is too old to go on from; begin again at ${again}`,
        expression: ['http._page'],
      },
    ],
  })
}

function selfUrl({ services }: Context, { type }: SearchTarget, { used }: ParsedQuery): string {
  const url = type === undefined ? services.baseUrl : `${services.baseUrl}/${type}`
  const query = formatQuery(used)
  return query === '' ? url : `${url}?${query}`
}

/** Asks the national rules: throws what they throw, and joins what they keep out. */
async function ruledClause(
  context: Context,
  { type, parameters }: SearchTarget,
  where: Clause,
): Promise<Clause> {
  if (type === undefined) return where
  const { rules } = context.services
  context.store.requireMay('search', type)
  for (const rule of rules) await rule.checkSearch?.(type, parameters, context)
  const added = rules.flatMap((rule) => rule.restrictSearch?.(type, parameters, context) ?? [])
  return added.length === 0 ? where : allOf([where, ...added])
}

/** What an include leads to is left out where a read would be refused. */
async function readableOnes(
  context: Context,
  versions: readonly StoredVersion[],
): Promise<readonly StoredVersion[]> {
  const readable: StoredVersion[] = []
  for (const version of versions) {
    try {
      await checkRead(context, version)
      readable.push(version)
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
    }
  }
  return readable
}

interface PageLink {
  readonly kind: 'search'
  readonly type: string
  readonly parameters: readonly (readonly [string, string])[]
  readonly asOf: number
  /** Absent: from the first match on. */
  readonly position?: NonNullable<SearchRequest['position']>
  readonly total?: number
  /** Who asked for the first page; nobody else may go on from it. */
  readonly subject: string
  /** When the first page was asked for: `ap` means the same on every page. */
  readonly now: number
}

/** Where a page link stands; the total came with the page that counted it. */
function placeOf({ asOf, position }: PageLink): Partial<SearchRequest> {
  return { asOf, total: 'none', ...(position === undefined ? {} : { position }) }
}

function openLink(context: Context, target: SearchTarget, token: string): PageLink {
  const content = openPageLink(context.services.pagingKey, token) as PageLink | undefined
  if (content?.kind !== 'search' || content.type !== (target.type ?? '')) {
    throw new InvalidRequest('This page link was not made by this server for this URL', {
      expression: 'http._page',
    })
  }
  if (content.subject !== context.store.subject)
    throw new NotFound('This page link, for this caller,')
  return content
}

interface Rendering {
  readonly target: SearchTarget
  readonly parsed: ParsedQuery
  readonly page: SearchPage
  readonly total: number | undefined
  readonly startedAt: number
}

async function renderPage(context: Context, rendering: Rendering): Promise<Buffer> {
  const { parsed, page, total } = rendering
  const issues: Issue[] = [...parsed.issues]
  if (page.includesTruncated) {
    issues.push({
      severity: 'warning',
      code: 'incomplete',
      diagnostics: `Not all included resources are shown: at most ${parsed.request.includesMax} are`,
    })
  }
  const allowance = createAllowance(context)
  const entries: SearchsetEntry[] = []
  await addEntries(context, page.matches, { mode: 'match', parsed, allowance }, entries)
  await addEntries(context, page.included, { mode: 'include', parsed, allowance }, entries)
  return renderSearchset({
    entries,
    total,
    links: linksOf(context, rendering),
    outcome: issues.length > 0 ? toOperationOutcome(issues, context.outcome) : undefined,
  })
}

interface Shown {
  readonly mode: SearchsetEntry['mode']
  readonly parsed: ParsedQuery
  readonly allowance: Allowance
}

async function addEntries(
  context: Context,
  versions: readonly StoredVersion[],
  shown: Shown,
  entries: SearchsetEntry[],
): Promise<void> {
  const { mode } = shown
  for (const version of versions) {
    const rendered = renderMatch(context, version, shown)
    entries.push({
      fullUrl: `${context.services.baseUrl}/${version.type}/${version.id}`,
      mode,
      body: rendered instanceof Promise ? await rendered : rendered,
    })
  }
}

function renderMatch(
  context: Context,
  version: StoredVersion,
  { mode, parsed, allowance }: Shown,
): Buffer | Promise<Buffer> {
  const { summary, elements } = parsed.result
  const shape = {
    mode,
    ...(summary === undefined ? {} : { summary }),
    ...(elements === undefined ? {} : { elements }),
  }
  return renderVersion(context, version, shape, allowance)
}

function linksOf(
  context: Context,
  { target, parsed, page, total, startedAt }: Rendering,
): { relation: string; url: string }[] {
  const { baseUrl, pagingKey } = context.services
  const url = target.type === undefined ? baseUrl : `${baseUrl}/${target.type}`
  const links = [{ relation: 'self', url: selfUrl(context, target, parsed) }]
  const seal = (position?: PageLink['position']) => {
    const content: PageLink = {
      kind: 'search',
      type: target.type ?? '',
      // What was ignored is left out, so that the next page needs no leniency.
      parameters: parsed.used,
      asOf: page.asOf,
      ...(position === undefined ? {} : { position }),
      subject: context.store.subject,
      now: startedAt,
      ...(total === undefined ? {} : { total }),
    }
    return `${url}?_page=${sealPageLink(pagingKey, content)}`
  }
  // A page that is first has nothing to go back to; that spares it the sealing.
  if (page.previous !== undefined) links.push({ relation: 'first', url: seal() })
  if (page.next !== undefined)
    links.push({ relation: 'next', url: seal({ direction: 'after', at: page.next }) })
  if (page.previous !== undefined) {
    links.push({ relation: 'previous', url: seal({ direction: 'before', at: page.previous }) })
  }
  return links
}

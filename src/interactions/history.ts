/** The history interaction on an instance, a type and the whole system. R4 http.html#history. */
import { createHash } from 'node:crypto'
import { InvalidRequest, NotFound } from '../errors.ts'
import { parsePeriod } from '../fhir/date-time.ts'
import { formatQuery } from '../search/format-query.ts'
import { allOf } from '../search/search-request.ts'
import { openPageLink, sealPageLink } from '../search/page-link.ts'
import type { HistoryPage, HistoryRequest } from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { Context } from './context.ts'
import { pageTokenOf } from './page-token.ts'
import { entityTag, statusTexts, type Outcome } from './outcome.ts'
import { createAllowance, renderVersion, type Allowance } from './render-version.ts'

export interface HistoryTarget {
  readonly type?: string
  readonly id?: string
  readonly parameters: readonly (readonly [string, string])[]
}

export async function history(context: Context, target: HistoryTarget): Promise<Outcome> {
  const { type, id } = target
  const request = parseHistory(context, target)
  if (type !== undefined && id !== undefined) await requireHistory(context, type, id)
  const page = await context.store.history({ ...request, ...restrictionsOf(context, request) })
  return { status: 200, body: await renderHistory(context, { target, request, page }) }
}

/** Throws NotFound where there never was a resource, and what the national rules throw. */
async function requireHistory(context: Context, type: string, id: string): Promise<void> {
  const newest = await context.store.read(type, id)
  if (!newest) throw new NotFound(`${type}/${id}`)
  for (const rule of context.services.rules) await rule.checkHistory?.(newest, context)
}

/** What the national rules keep out of searches that name no patient is in no history of many either. */
function restrictionsOf(
  context: Context,
  { scope }: HistoryRequest,
): Pick<HistoryRequest, 'restrictions'> {
  if (scope.kind === 'instance') return {}
  const { rules, registry } = context.services
  const clausesOf = (type: string) =>
    rules.flatMap((rule) => rule.restrictSearch?.(type, [], context) ?? [])
  const shown = scope.kind === 'type' ? [scope.type] : registry.resourceTypes
  const types = shown.map((type) => [type, clausesOf(type)] as const)
  if (types.every(([, clauses]) => clauses.length === 0)) return {}
  const restrictions = types.map(([type, clauses]) => [type, allOf(clauses)] as const)
  return { restrictions: Object.fromEntries(restrictions) }
}

const parameterNames = ['_since', '_at', '_count', '_format', '_pretty', '_page']

function parseHistory(context: Context, { type, id, parameters }: HistoryTarget): HistoryRequest {
  const given = new Map<string, string>()
  for (const [name, value] of parameters) {
    if (!parameterNames.includes(name)) throw unknownParameter(name)
    if (given.has(name))
      throw new InvalidRequest(`${name} may stand once`, { expression: `http.${name}` })
    given.set(name, value)
  }
  const scope: HistoryRequest['scope'] =
    type === undefined
      ? { kind: 'system' }
      : id === undefined
        ? { kind: 'type', type }
        : { kind: 'instance', type, id }
  const link = pageTokenOf(parameters)
  if (link !== undefined) return { scope, ...openLink(context, scope, link) }
  const since = given.get('_since')
  const at = given.get('_at')
  return {
    scope,
    count: parseCount(context, given.get('_count')),
    ...(since === undefined ? {} : { since: requirePeriod(context, '_since', since).low }),
    ...(at === undefined ? {} : { at: requirePeriod(context, '_at', at) }),
  }
}

function unknownParameter(name: string): InvalidRequest {
  return new InvalidRequest(
    `The parameter "${name}" is not known for a history; it takes _since, _at and _count`,
    { code: 'not-supported', expression: `http.${name}` },
  )
}

function parseCount(context: Context, text: string | undefined): number {
  const { pageSize, pageSizeMax } = context.services.limits
  if (text === undefined) return pageSize
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidRequest(`_count must be a whole number; "${text}" is not`, {
      expression: 'http._count',
    })
  }
  return Math.min(Number(text), pageSizeMax)
}

function requirePeriod(
  context: Context,
  name: string,
  text: string,
): { low: number; high: number } {
  // A "+" of a zone arrives as a space when it was not escaped.
  const period = parsePeriod(text.replace(' ', '+'), context.services.timeZone)
  if (!period)
    throw new InvalidRequest(`${name} must be a date or time; "${text}" is not`, {
      expression: `http.${name}`,
    })
  return period
}

type LinkedRequest = Omit<HistoryRequest, 'scope'>

function openLink(context: Context, scope: HistoryRequest['scope'], token: string): LinkedRequest {
  const content = openPageLink(context.services.pagingKey, token) as
    | { kind?: string; scope?: string; subject?: string; request?: LinkedRequest }
    | undefined
  if (content?.kind !== 'history' || content.scope !== scopeHash(scope) || !content.request) {
    throw new InvalidRequest('This page link was not made by this server for this URL', {
      expression: 'http._page',
    })
  }
  if (content.subject !== context.store.subject)
    throw new NotFound('This page link, for this caller,')
  return content.request
}

function scopeHash(scope: HistoryRequest['scope']): string {
  return createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12)
}

interface Rendering {
  readonly target: HistoryTarget
  readonly request: HistoryRequest
  readonly page: HistoryPage
}

async function renderHistory(
  context: Context,
  { target, request, page }: Rendering,
): Promise<Buffer> {
  const links = linksOf(context, { target, request, page })
  const head = `{"resourceType":"Bundle","type":"history","total":${page.total},"link":${JSON.stringify(links)}`
  const parts: Buffer[] = [Buffer.from(head)]
  const allowance = createAllowance(context)
  let separator = ',"entry":['
  for (const version of page.versions) {
    parts.push(Buffer.from(separator), ...(await renderEntry(context, version, allowance)))
    separator = ','
  }
  parts.push(Buffer.from(page.versions.length > 0 ? ']}' : '}'))
  return Buffer.concat(parts)
}

async function renderEntry(
  context: Context,
  version: StoredVersion,
  allowance: Allowance,
): Promise<Buffer[]> {
  const { type, id, method, deleted, recreated } = version
  const isCreated = version.versionId === 1 || method === 'POST' || recreated
  const status = deleted ? 204 : isCreated ? 201 : 200
  const rest = JSON.stringify({
    request: { method, url: method === 'POST' ? type : `${type}/${id}` },
    response: {
      status: statusTexts[status],
      etag: entityTag(version),
      lastModified: new Date(version.lastUpdated).toISOString(),
    },
  })
  const fullUrl = `{"fullUrl":${JSON.stringify(`${context.services.baseUrl}/${type}/${id}`)},`
  if (deleted) return [Buffer.from(fullUrl + rest.slice(1))]
  return [
    Buffer.from(`${fullUrl}"resource":`),
    await renderVersion(context, version, {}, allowance),
    Buffer.from(`,${rest.slice(1)}`),
  ]
}

function linksOf(
  context: Context,
  { target, request, page }: Rendering,
): { relation: string; url: string }[] {
  const path = [target.type, target.id, '_history'].filter((part) => part !== undefined).join('/')
  const url = `${context.services.baseUrl}/${path}`
  const query = formatQuery(target.parameters)
  const links = [{ relation: 'self', url: query === '' ? url : `${url}?${query}` }]
  const { scope, restrictions: _, after: _after, before: _before, ...rest } = request
  const pageLink = (relation: string, place: Pick<HistoryRequest, 'after' | 'before'>) => {
    const content = {
      kind: 'history',
      subject: context.store.subject,
      scope: scopeHash(scope),
      request: { ...rest, asOf: page.asOf, ...place },
    }
    const token = sealPageLink(context.services.pagingKey, content)
    links.push({ relation, url: `${url}?_page=${token}` })
  }
  if (page.next !== undefined) pageLink('next', { after: page.next })
  if (page.previous !== undefined) pageLink('previous', { before: page.previous })
  return links
}

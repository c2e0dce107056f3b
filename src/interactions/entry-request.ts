/** Reads Bundle.entry.request into what is asked for. R4 bundle.html, http.html#transaction. */
import type { Registry } from '../conformance/registry.ts'
import { InvalidRequest } from '../errors.ts'
import { isOwnBase, pathBelow } from '../fhir/own-url.ts'
import {
  isId,
  isObject,
  isResource,
  type JsonObject,
  type JsonValue,
  type Resource,
} from '../fhir/resource.ts'
import { requireKnownElements, requireOwnConditions } from './bundle-elements.ts'

export type EntryMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type EntryTarget =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'system'; readonly query: string }
  | { readonly kind: 'type'; readonly type: string; readonly query: string }
  | {
      readonly kind: 'instance'
      readonly type: string
      readonly id: string
      readonly query: string
    }
  | {
      readonly kind: 'version'
      readonly type: string
      readonly id: string
      readonly versionId: string
    }
  | {
      readonly kind: 'history'
      readonly type?: string
      readonly id?: string
      readonly query: string
    }

export interface EntryRequest {
  readonly index: number
  readonly method: EntryMethod
  readonly target: EntryTarget
  readonly fullUrl?: string
  readonly resource?: Resource
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: string
  readonly ifNoneExist?: string
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

/** Throws InvalidRequest with the entry's place when something is missing or cannot be read. */
export function parseEntryRequest(
  entry: JsonValue,
  index: number,
  { registry, baseUrl }: { readonly registry: Registry; readonly baseUrl: string },
): EntryRequest {
  const at = `Bundle.entry[${index}]`
  if (!isObject(entry)) throw new InvalidRequest(`${at} must be an object`, { expression: at })
  requireKnownElements(entry, 'entry', at)
  const { request, resource, fullUrl } = entry
  if (!isObject(request)) {
    throw new InvalidRequest(
      `${at} has no request: each entry of a batch or transaction needs one`,
      {
        code: 'required',
        expression: at,
      },
    )
  }
  requireKnownElements(request, 'request', `${at}.request`)
  const method = request.method
  if (typeof method !== 'string' || !methods.has(method)) {
    throw new InvalidRequest(`${at}.request.method must be GET, HEAD, POST, PUT, PATCH or DELETE`, {
      code: 'value',
      expression: `${at}.request.method`,
    })
  }
  if (typeof request.url !== 'string') {
    throw new InvalidRequest(`${at}.request.url is missing`, {
      code: 'required',
      expression: `${at}.request.url`,
    })
  }
  const target = parseEntryUrl(request.url, registry, baseUrl, `${at}.request.url`)
  requireResource(method, resource, at)
  requireOwnConditions(request, method, `${at}.request`)
  return {
    index,
    method: method as EntryMethod,
    target,
    ...(typeof fullUrl === 'string' ? { fullUrl } : {}),
    ...(isResource(resource) ? { resource } : {}),
    ...textMembers(request, at),
  }
}

function requireResource(method: string, resource: JsonValue | undefined, at: string): void {
  const needs = method === 'POST' || method === 'PUT' || method === 'PATCH'
  if (needs && !isResource(resource)) {
    throw new InvalidRequest(`${at} needs a resource, because its method is ${method}`, {
      code: 'required',
      expression: `${at}.resource`,
    })
  }
}

function textMembers(request: JsonObject, at: string): Partial<EntryRequest> {
  const members: Record<string, string> = {}
  for (const name of ['ifMatch', 'ifNoneMatch', 'ifModifiedSince', 'ifNoneExist']) {
    const value = request[name]
    if (value === undefined) continue
    if (typeof value !== 'string') {
      throw new InvalidRequest(`${at}.request.${name} must be a text`, {
        expression: `${at}.request.${name}`,
      })
    }
    members[name] = value
  }
  return members
}

function parseEntryUrl(
  text: string,
  registry: Registry,
  baseUrl: string,
  expression: string,
): EntryTarget {
  const relative = isOwnBase(text, baseUrl)
    ? ''
    : (pathBelow(text, baseUrl) ?? text.replace(/^\//, ''))
  const mark = relative.indexOf('?')
  const path = mark < 0 ? relative : relative.slice(0, mark)
  const query = mark < 0 ? '' : relative.slice(mark + 1)
  const target = targetOf(
    path.split('/').filter((part) => part !== ''),
    query,
    registry,
  )
  if (target) return target
  throw new InvalidRequest(
    `"${text}" is no URL of this server for an entry: Type, Type/id, Type?condition, ...`,
    {
      code: 'value',
      expression,
    },
  )
}

function targetOf(
  parts: readonly string[],
  query: string,
  registry: Registry,
): EntryTarget | undefined {
  const [type, second, third, fourth] = parts
  if (type === undefined) return { kind: 'system', query }
  if (type === 'metadata' && parts.length === 1) return { kind: 'metadata' }
  if (type === '_history' && parts.length === 1) return { kind: 'history', query }
  if (!registry.isResourceType(type)) return undefined
  if (second === undefined) return { kind: 'type', type, query }
  if (second === '_history' && parts.length === 2) return { kind: 'history', type, query }
  if (!isId(second)) return undefined
  if (third === undefined) return { kind: 'instance', type, id: second, query }
  if (third !== '_history' || parts.length > 4) return undefined
  if (fourth === undefined) return { kind: 'history', type, id: second, query }
  return { kind: 'version', type, id: second, versionId: fourth }
}

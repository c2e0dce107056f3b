/** Entries of Bundles as tests write them, and what is answered. */
import type { JsonObject } from '../../src/fhir/resource.ts'
import { aTransaction, call, type Answer, type openServer } from '../fixtures.ts'

export const post = (url: string, resource: object, rest: JsonObject = {}) =>
  ({
    ...rest,
    resource,
    request: { method: 'POST', url, ...(rest.request as object) },
  }) as JsonObject
export const put = (url: string, resource: object, rest: JsonObject = {}) =>
  ({
    ...rest,
    resource,
    request: { method: 'PUT', url, ...(rest.request as object) },
  }) as JsonObject
export const ask = (method: string, url: string, rest: object = {}): JsonObject => ({
  request: { method, url, ...rest },
})
export const identifier = (value: string) => [{ system: 'urn:test', value }]
export const responses = ({ body }: Answer) =>
  body.entry!.map(({ response }) => response as JsonObject)
export const locations = (answer: Answer) =>
  responses(answer).map(({ location }) => String(location).split('/_history/')[0]!)

type Server = Awaited<ReturnType<typeof openServer>>
export const send = (server: Server, entries: JsonObject[], headers: Record<string, string> = {}) =>
  call(server, 'POST', '', { body: aTransaction(...entries), headers })
export const total = async (server: Server, type: string) =>
  (await call(server, 'GET', `/${type}${type.includes('?') ? '' : '?'}_summary=count`)).body.total

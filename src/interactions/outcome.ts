/** What an interaction answers, as plain data; `http/` and Bundles render it. */
import type { Issue } from '../fhir/operation-outcome.ts'
import type { StoredVersion } from '../store/stored-version.ts'

/** A version that an interaction answers about. */
export type ShownVersion = StoredVersion

export interface Outcome {
  readonly status: 200 | 201 | 204 | 304
  /** The version answered about: its ETag, Last-Modified and body. */
  readonly version?: StoredVersion
  /** 201: the answer carries a Location. */
  readonly created?: boolean
  /** A Bundle or other resource, as ready bytes. */
  readonly body?: Buffer
  /** Warnings, or what happened to a delete. */
  readonly issues?: readonly Issue[]
}

/** `W/"1"`. R4 http.html#versioning. */
export function entityTag(version: StoredVersion): string {
  return `W/"${version.versionId}"`
}

export const statusTexts: Readonly<Record<number, string>> = {
  200: '200 OK',
  201: '201 Created',
  204: '204 No Content',
  304: '304 Not Modified',
  400: '400 Bad Request',
  401: '401 Unauthorized',
  403: '403 Forbidden',
  404: '404 Not Found',
  405: '405 Method Not Allowed',
  406: '406 Not Acceptable',
  409: '409 Conflict',
  410: '410 Gone',
  412: '412 Precondition Failed',
  413: '413 Content Too Large',
  415: '415 Unsupported Media Type',
  422: '422 Unprocessable Entity',
  429: '429 Too Many Requests',
  500: '500 Internal Server Error',
  503: '503 Service Unavailable',
}

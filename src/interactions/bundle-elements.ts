/**
 * The elements of a batch's or transaction's envelope. What is misspelt there, or stands beside a
 * method that does not take it, would be asked for in vain: it is refused. R4 bundle.html.
 */
import { InvalidRequest } from '../errors.ts'
import type { JsonObject } from '../fhir/resource.ts'

const names = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

const known = {
  bundle: names(`resourceType id meta implicitRules language identifier type timestamp total link
    entry signature`),
  entry: names('id extension link fullUrl resource search request response'),
  request: names('id extension method url ifNoneMatch ifModifiedSince ifMatch ifNoneExist'),
}

/** Throws InvalidRequest for an element that R4 does not have, or a modifier not understood. */
export function requireKnownElements(
  object: JsonObject,
  kind: keyof typeof known,
  at: string,
): void {
  for (const key of Object.keys(object)) {
    if (known[kind].has(key.startsWith('_') ? key.slice(1) : key)) continue
    throw new InvalidRequest(
      `${at} has an element "${key.slice(0, 80)}", which is not known here`,
      {
        code: 'structure',
        expression: at,
      },
    )
  }
}

const conditions: Readonly<Record<string, readonly string[]>> = {
  GET: ['ifNoneMatch', 'ifModifiedSince'],
  HEAD: ['ifNoneMatch', 'ifModifiedSince'],
  POST: ['ifNoneExist'],
  PUT: ['ifMatch', 'ifNoneMatch'],
  PATCH: ['ifMatch'],
  DELETE: ['ifMatch'],
}

/** Throws InvalidRequest for a condition that the method does not look at. */
export function requireOwnConditions(request: JsonObject, method: string, at: string): void {
  const taken = conditions[method] ?? []
  for (const name of ['ifNoneMatch', 'ifModifiedSince', 'ifMatch', 'ifNoneExist']) {
    if (request[name] === undefined || taken.includes(name)) continue
    throw new InvalidRequest(
      `${at}.${name} has no meaning for ${method}, which takes ${taken.join(' and ')}`,
      { expression: `${at}.${name}` },
    )
  }
}

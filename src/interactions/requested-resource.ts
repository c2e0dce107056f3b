/** What a write's body must be before anything else is looked at. */
import { InvalidRequest } from '../errors.ts'
import { isId } from '../fhir/resource.ts'
import type { ParsedBody } from '../json/parsed-body.ts'

/** Throws 400 when the body's resourceType is not the URL's. R4 http.html#create. */
export function requireType(body: ParsedBody, type: string): void {
  const actual = body.resource.resourceType
  if (actual !== type) {
    throw new InvalidRequest(`The body is a ${actual}, but the URL is for ${type}`, {
      expression: 'resourceType',
    })
  }
}

/** Throws 400 when an update's body has no id, or another than the URL's. R4 http.html#update. */
export function requireId(body: ParsedBody, type: string, id: string): void {
  const actual = body.resource.id
  if (actual === undefined) {
    throw new InvalidRequest(`The body has no id; for this URL it must be "${id}"`, {
      expression: `${type}.id`,
    })
  }
  if (actual !== id) {
    throw new InvalidRequest(
      `The body's id is ${JSON.stringify(actual)}, but the URL has "${id}"`,
      {
        expression: `${type}.id`,
      },
    )
  }
}

/** Throws 400 when a text is no id. R4 datatypes.html#id. */
export function requireIdForm(id: string): void {
  if (isId(id)) return
  throw new InvalidRequest(
    `"${id.slice(0, 80)}" is no id: 1 to 64 letters (A-Z, a-z), digits, "-" and "."`,
    { code: 'value' },
  )
}

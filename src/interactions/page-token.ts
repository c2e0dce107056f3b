/** The parameter of a page link: one opaque token, and no other (decision 61). */
import { InvalidRequest } from '../errors.ts'

/** The token; undefined when there is none. Throws 400 when something was added to a page link. */
export function pageTokenOf(
  parameters: readonly (readonly [string, string])[],
): string | undefined {
  const token = parameters.find(([name]) => name === '_page')?.[1]
  if (token === undefined) return undefined
  const other = parameters.find(([name]) => !/^_(page|format|pretty)$/.test(name))
  if (other === undefined) return token
  throw new InvalidRequest(
    `A page link is used as it was given; "${other[0].slice(0, 80)}" cannot be added to it`,
    { expression: `http.${other[0].slice(0, 80)}` },
  )
}

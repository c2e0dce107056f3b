/** Query strings and forms, read strictly. R4 search.html, http.html#cond-update. */
import { InvalidRequest } from '../errors.ts'

/** `a=1&b=2` as decoded pairs, in order. Throws 400 for what is not percent-encoded UTF-8. */
export function parseQueryString(text: string): [string, string][] {
  if (text === '') return []
  return text
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=')
      return equals < 0
        ? [decodePart(part), '']
        : [decodePart(part.slice(0, equals)), decodePart(part.slice(equals + 1))]
    })
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch (error) {
    throw new InvalidRequest(
      `"${part.slice(0, 80)}" in the query is not valid percent-encoded UTF-8`,
      { cause: error },
    )
  }
}

/** Search parameters written as a query string. */

/** `name=value&...`, escaped only where a URL needs it, so that links stay readable. */
export function formatQuery(parameters: readonly (readonly [string, string])[]): string {
  return parameters.map(([name, value]) => `${escapePart(name)}=${escapePart(value)}`).join('&')
}

function escapePart(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/')
    .replaceAll('%2C', ',')
    .replaceAll('%7C', '|')
    .replaceAll('%24', '$')
}

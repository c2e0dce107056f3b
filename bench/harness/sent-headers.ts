/** The headers of a reply that a floor has to send as well; what Node adds by itself is left out. */
const addedByNode = new Set(['connection', 'keep-alive', 'date', 'content-length'])

export function sentHeaders(head: string): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of head.trimEnd().split('\r\n').slice(1)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (!addedByNode.has(name)) headers[name] = line.slice(colon + 1).trim()
  }
  return headers
}

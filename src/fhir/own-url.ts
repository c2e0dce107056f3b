/** URLs of this server. On one's own machine it answers under three names; its base bears one. */

const loopbackHosts = ['localhost', '127.0.0.1', '[::1]']
/** A server has one base; tests have some more. */
const known = new Map<string, readonly string[]>()

/** The base URL, and what else it is called where it is on the loopback. */
function namesOf(baseUrl: string): readonly string[] {
  let names = known.get(baseUrl)
  if (!names) {
    const { hostname, protocol, host } = new URL(baseUrl)
    const rest = baseUrl.slice(`${protocol}//${host}`.length)
    const port = host.slice(hostname.length)
    names = loopbackHosts.includes(hostname)
      ? loopbackHosts.map((name) => `${protocol}//${name}${port}${rest}`)
      : [baseUrl]
    known.set(baseUrl, names)
  }
  return names
}

/** Whether a URL is the base of this server; neither has a trailing slash. */
export function isOwnBase(url: string, baseUrl: string): boolean {
  return url === baseUrl || namesOf(baseUrl).includes(url)
}

/** What follows the base and its slash in a URL of this server; undefined for any other text. */
export function pathBelow(url: string, baseUrl: string): string | undefined {
  if (!url.startsWith('http')) return undefined
  for (const name of namesOf(baseUrl)) {
    if (url.startsWith(name) && url[name.length] === '/') return url.slice(name.length + 1)
  }
  return undefined
}

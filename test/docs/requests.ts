/** Reads and runs docs/requests/*.http as an editor's HTTP client does. */

export interface DocumentedRequest {
  readonly title: string
  readonly name?: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RequestFile {
  readonly variables: Readonly<Record<string, string>>
  readonly requests: readonly DocumentedRequest[]
}

export function parseRequestFile(text: string): RequestFile {
  const variables: Record<string, string> = {}
  const requests: DocumentedRequest[] = []
  const [head = '', ...parts] = `\n${text}`.split(/\n### ?/)
  for (const [, name, value] of head.matchAll(/^@(\w+) = (.+)$/gm)) variables[name!] = value!
  for (const part of parts) requests.push(parseRequest(part))
  return { variables, requests }
}

function parseRequest(part: string): DocumentedRequest {
  const [title = '', ...lines] = part.split('\n')
  const name = lines.find((line) => line.startsWith('# @name '))?.slice(8)
  const start = lines.findIndex((line) => /^[A-Z]+ /.test(line))
  const blank = lines.indexOf('', start)
  const [method = '', url = ''] = lines[start]!.split(/ (.*)/)
  const headerLines = lines.slice(start + 1, blank < 0 ? undefined : blank)
  const headers = Object.fromEntries(
    headerLines.map((line) => {
      const [key = '', value = ''] = line.split(/: (.*)/)
      return [key.toLowerCase(), value]
    }),
  )
  const body =
    blank < 0
      ? ''
      : lines
          .slice(blank + 1)
          .join('\n')
          .trim()
  return { title, method, url, headers, body, ...(name ? { name } : {}) }
}

/** Puts in variables, `$timestamp`, and parts of earlier answers. */
export function fillIn(
  text: string,
  variables: Readonly<Record<string, string>>,
  answers: ReadonlyMap<string, unknown>,
): string {
  return text.replaceAll(/\{\{([^}]+)\}\}/g, (_whole, key: string) => {
    const [first = '', ...path] = key.split('.')
    if (first === '$timestamp') return variables.$timestamp!
    if (path.length === 0) return fillIn(variables[first] ?? fail(key), variables, answers)
    // name.response.body.entry[0].resource.id
    let value = answers.get(first)
    for (const step of path
      .slice(2)
      .join('.')
      .split(/[.[\]]+/)
      .filter(Boolean))
      value = (value as Record<string, unknown> | undefined)?.[step]
    return value === undefined ? fail(key) : String(value)
  })
}

function fail(key: string): never {
  throw new Error(`{{${key}}} is not known`)
}

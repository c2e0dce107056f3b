/** JSON Pointers, RFC 6901, and the help for those who wrote something else. */

/** The reference tokens of a pointer; undefined when the text is no pointer. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function formatPointer(tokens: readonly (string | number)[]): string {
  return tokens
    .map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}

const INDEX = /^(?:0|[1-9]\d*)$/

/** The index that a token means in an array; undefined for `-`, `01`, `+1` and words. */
export function parseIndex(token: string): number | undefined {
  return INDEX.test(token) && token.length < 16 ? Number(token) : undefined
}

const EXTENSION_FILTER = /extension\s*[[(](?:\s*url\s*[:=]+\s*)?\s*['"]?([^'"\])]*)['"]?\s*[\])]/
const VALUE = /(value[A-Z][A-Za-z]*)$/

/**
 * What the writer of a wrong pointer, or of one that selects by content, probably meant: the
 * guides show `/extension[url:'…']/valueBoolean` and FHIRPath such as `DocumentReference.status`.
 */
export function correctPointer(text: string, resourceType: string): string | undefined {
  if (text.length > 500) return undefined
  const extension = EXTENSION_FILTER.exec(text)
  if (extension) return correctExtension(extension[1]!, VALUE.exec(text)?.[1] ?? 'valueBoolean')
  const steps = text
    .replace(/^[$#]/, '')
    .split(/[./]/)
    .filter((step) => step !== '')
  if (steps[0] === resourceType) steps.shift()
  const tokens = steps.flatMap((step) => step.replaceAll(/\[(\d+)\]/g, '/$1').split('/'))
  if (tokens.length === 0 || !tokens.every((token) => /^[A-Za-z0-9_-]+$/.test(token)))
    return undefined
  const corrected = formatPointer(tokens)
  return corrected === text ? undefined : `Write "path": "${corrected}"`
}

function correctExtension(url: string, valueName: string): string {
  const value = valueName === 'valueBoolean' ? 'true' : '…'
  return (
    'A JSON Pointer names an item by its index. Where the extension is absent write ' +
    `{"op": "add", "path": "/extension/-", "value": {"url": "${url}", "${valueName}": ${value}}}; ` +
    `where it is the item n (the first is 0) write {"op": "replace", "path": "/extension/n/${valueName}", "value": ${value}}`
  )
}

/**
 * The separators of search values and their escapes: `\,` `\|` `\$` `\\`. R4 search.html#escaping.
 */

/** The parts between unescaped separators, still escaped. */
export function splitEscaped(text: string, separator: ',' | '|' | '$'): string[] {
  const parts: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (text[at] === separator) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

/** Whether each backslash stands before one of the four: any other use is illegal. */
export function isEscapedWell(text: string): boolean {
  return !text.includes('\\') || /^(?:[^\\]|\\[,|$\\])*$/.test(text)
}

export function unescapeValue(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,|$\\])/g, '$1') : text
}

export function escapeValue(text: string): string {
  return text.replace(/[,|$\\]/g, '\\$&')
}

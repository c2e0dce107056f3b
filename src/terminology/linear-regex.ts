/** Regular expressions from outside, by an engine whose time grows with the text only. */
import { RE2JS } from 're2js'

/** A test of the whole text; undefined when the pattern cannot be read. */
export function compilePattern(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.matches(text)
  } catch {
    return undefined
  }
}

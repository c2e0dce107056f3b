/** Decision 39: string search ignores case, accents, hyphens, apostrophes and spaces. */

const SEPARATORS = /[\s'’ʼ‘`´\-‐‑‒–—]+/gu
const MARKS = /\p{M}+/gu
const PLAIN = /^[a-z0-9]*$/

/** Text as it is compared: `Jean-Luc` and `jean luc` are both `jeanluc`, `Œuvré` is `oeuvre`. */
export function foldText(text: string): string {
  if (PLAIN.test(text)) return text
  return text
    .normalize('NFKD')
    .replace(MARKS, '')
    .toLowerCase()
    .replace(/œ/g, 'oe')
    .replace(/æ/g, 'ae')
    .replace(/ß/g, 'ss')
    .replace(/ø/g, 'o')
    .replace(/ł/g, 'l')
    .replace(SEPARATORS, '')
}

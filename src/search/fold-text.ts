/**
 * String search ignores case, accents, hyphens and apostrophes (decision 39), and with them all
 * punctuation and white space. R4 search.html#string.
 */

const SEPARATORS = /[\s\p{P}ʼ`´]+/gu
const MARKS = /\p{M}+/gu

/** Latin letters with their marks, and the punctuation of texts: each folds for itself. */
const foldedUnits: readonly (string | undefined)[] = Array.from({ length: 0x2070 }, (_, unit) =>
  unit < 0x370 || unit >= 0x2000 ? foldAny(String.fromCharCode(unit)) : undefined,
)

/** Text as it is compared: `Jean-Luc` and `jean luc` are both `jeanluc`, `Œuvré` is `oeuvre`. */
export function foldText(text: string): string {
  let folded = ''
  for (let at = 0; at < text.length; at++) {
    const one = foldedUnits[text.charCodeAt(at)]
    if (one === undefined) return foldAny(text)
    folded += one
  }
  return folded
}

function foldAny(text: string): string {
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

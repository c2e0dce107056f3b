/** The bytes of JSON that the scanner tells apart, and its tables. RFC 8259, RFC 4648. */

export const quote = 0x22
export const backslash = 0x5c
export const comma = 0x2c
export const colon = 0x3a
export const minus = 0x2d
export const dot = 0x2e
export const openBrace = 0x7b
export const closeBrace = 0x7d
export const openBracket = 0x5b
export const closeBracket = 0x5d
export const lineFeed = 0x0a

/** 1 for a byte that a string cannot pass over: quote, backslash, control, not ASCII. */
export const endsPlainText = tableOf((byte) =>
  byte < 0x20 || byte === quote || byte === backslash || byte >= 0x80 ? 1 : 0,
)

/** White space between tokens. */
export const isSpace = tableOf((byte) => (' \t\r\n'.includes(String.fromCharCode(byte)) ? 1 : 0))

export const base64Letter = 1
export const base64Padding = 2
export const base64Space = 3

/** What a byte in a JSON string is to base64; 0: nothing. */
export const base64Class = tableOf((byte) => {
  const character = String.fromCharCode(byte)
  if (/[A-Za-z0-9+/]/.test(character)) return base64Letter
  if (character === '=') return base64Padding
  return character === ' ' ? base64Space : 0
})

/** The same of a character, which may be white space of any kind. R4 datatypes.html#base64Binary. */
export function base64ClassOf(code: number): number {
  if (code === 0x09 || code === 0x0a || code === 0x0d) return base64Space
  return code >= 0 && code <= 0xff ? base64Class[code]! : 0
}

function tableOf(classOf: (byte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => classOf(byte))
}

/**
 * The matricule INS: 13 characters and a key of two digits. Sex, date and place are never read out
 * of it (decision 31), so month, commune and first digit are free.
 */

const SHAPE = /^\d{5}(?:\d{2}|2[AB])\d{6}\d{2}$/

export type KeyCheck = 'ok' | 'shape' | 'key'

/** `shape`: not 13 characters and two digits, as FHIR stores them; `key`: the key is wrong. */
export function checkMatricule(value: string): KeyCheck {
  if (!SHAPE.test(value)) return 'shape'
  return value.slice(13) === matriculeKey(value.slice(0, 13)) ? 'ok' : 'key'
}

/** The key of 13 characters: 97 less the rest of a division by 97, so 01 to 97. */
export function matriculeKey(thirteen: string): string {
  // Corsica: 2A counts as 19 and 2B as 18. The number stays below 2^53.
  const digits = thirteen.replace(/^(\d{5})2A/, '$119').replace(/^(\d{5})2B/, '$118')
  return String(97 - (Number(digits) % 97)).padStart(2, '0')
}

/**
 * Keys of the national registers: RPPS of professionals, FINESS of establishments, SIREN and SIRET
 * of companies. All are Luhn keys. What a wrong key costs is a setting (decision 71).
 */
import type { KeyCheck } from './matricule.ts'

export const rppsSystem = 'https://rpps.esante.gouv.fr'
export const finessSystem = 'https://finess.esante.gouv.fr'
/** SIREN and SIRET share one system. */
export const sirenSystem = 'https://sirene.fr'
/** IDNPS: the national form of a professional's number, with a prefix that tells its kind. */
export const idnpsSystem = 'urn:oid:1.2.250.1.71.4.2.1'
/** IDNST: the same for structures. */
export const idnstSystem = 'urn:oid:1.2.250.1.71.4.2.2'

/** 11 digits, the last one the key. */
export function checkRpps(value: string): KeyCheck {
  return check(value, /^\d{11}$/)
}

/** 9 characters; in Corsica the second is A or B, which count as 1 and 2 (from known numbers). */
export function checkFiness(value: string): KeyCheck {
  if (!/^\d[\dAB]\d{7}$/.test(value)) return 'shape'
  if (/^[^2][AB]/.test(value)) return 'shape'
  return hasLuhnKey(value.replace('A', '1').replace('B', '2')) ? 'ok' : 'key'
}

export function checkSiren(value: string): KeyCheck {
  return check(value, /^\d{9}$/)
}

/** A Luhn key, save the post offices of La Poste: the sum of their digits is a multiple of 5. */
export function checkSiret(value: string): KeyCheck {
  const result = check(value, /^\d{14}$/)
  if (result !== 'key' || !value.startsWith('356000000')) return result
  return [...value].reduce((sum, digit) => sum + Number(digit), 0) % 5 === 0 ? 'ok' : 'key'
}

/** What follows each prefix of an IDNPS; the numbers of cabinets have no key. */
const idnpsForms: Record<string, (rest: string) => KeyCheck> = {
  0: (rest) => check(rest, /^[\dAB]{9}$/, false),
  1: (rest) => check(rest, /^[\dAB]{9,11}\/.+$/, false),
  3: (rest) => checkInternal(rest, checkFiness),
  4: (rest) => checkInternal(rest, checkSiren),
  5: (rest) => checkInternal(rest, checkSiret),
  6: (rest) => check(rest, /^\d{11,14}\/.+$/, false),
  8: checkRpps,
}

/** A professional's national number: a prefix, then an RPPS, ADELI or structure's number. */
export function checkIdnps(value: string): KeyCheck {
  const form = Object.hasOwn(idnpsForms, value.charAt(0)) ? idnpsForms[value.charAt(0)] : undefined
  return form ? form(value.slice(1)) : 'shape'
}

const idnstForms: Record<string, (rest: string) => KeyCheck> = {
  0: (rest) => check(rest, /^[\dAB]{9,12}$/, false),
  1: checkFiness,
  2: checkSiren,
  3: checkSiret,
  4: (rest) => check(rest, /^\d{11,16}$/, false),
}

/** A structure's national number: a prefix, then FINESS, SIREN, SIRET or a cabinet's number. */
export function checkIdnst(value: string): KeyCheck {
  const form = Object.hasOwn(idnstForms, value.charAt(0)) ? idnstForms[value.charAt(0)] : undefined
  return form ? form(value.slice(1)) : 'shape'
}

export type RegistryName = 'RPPS' | 'IDNPS' | 'FINESS' | 'IDNST' | 'SIREN' | 'SIRET'

/**
 * Checks an identifier by its system; undefined where the system is no register's. A
 * PractitionerRole's number under the RPPS system is that of a situation, which has no key.
 */
export function checkRegistryIdentifier(
  { system, value }: { readonly system: string; readonly value: string },
  resourceType: string,
): { readonly registry: RegistryName; readonly result: KeyCheck } | undefined {
  if (system === rppsSystem && resourceType === 'PractitionerRole') return undefined
  switch (system) {
    case rppsSystem:
      return { registry: 'RPPS', result: checkRpps(value) }
    case idnpsSystem:
      return { registry: 'IDNPS', result: checkIdnps(value) }
    case finessSystem:
      return { registry: 'FINESS', result: checkFiness(value) }
    case idnstSystem:
      return { registry: 'IDNST', result: checkIdnst(value) }
    case sirenSystem:
      return value.length > 9
        ? { registry: 'SIRET', result: checkSiret(value) }
        : { registry: 'SIREN', result: checkSiren(value) }
    default:
      return undefined
  }
}

function checkInternal(rest: string, checkNumber: (value: string) => KeyCheck): KeyCheck {
  const slash = rest.indexOf('/')
  return slash < 0 || slash === rest.length - 1 ? 'shape' : checkNumber(rest.slice(0, slash))
}

function check(value: string, shape: RegExp, hasKey = true): KeyCheck {
  if (!shape.test(value)) return 'shape'
  return !hasKey || hasLuhnKey(value) ? 'ok' : 'key'
}

/** Whether the last digit is the Luhn key of those before it. */
export function hasLuhnKey(digits: string): boolean {
  return luhnKey(digits.slice(0, -1)) === digits.at(-1)
}

/** The digit that makes a number pass: every second digit from the right doubled. */
export function luhnKey(digits: string): string {
  let sum = 0
  for (const [index, digit] of [...digits].toReversed().entries()) {
    const counted = index % 2 === 0 ? Number(digit) * 2 : Number(digit)
    sum += counted > 9 ? counted - 9 : counted
  }
  return String((10 - (sum % 10)) % 10)
}

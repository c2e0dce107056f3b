/**
 * Code systems that are grammars or outside lists, without a CodeSystem resource: languages, media
 * types, units, currencies, countries. R4 terminologies-systems.html.
 */

import { isUcumUnit } from './ucum.ts'

/** True or false where the text alone decides; undefined when unsure. */
export type CodeTest = (code: string) => boolean | undefined

const LANGUAGE =
  /^(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{5,8})(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-(?:[A-Za-z0-9]{5,8}|\d[A-Za-z0-9]{3}))*(?:-[A-WYZa-wyz0-9](?:-[A-Za-z0-9]{2,8})+)*(?:-x(?:-[A-Za-z0-9]{1,8})+)?$/

const MEDIA_TYPE =
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9*][A-Za-z0-9!#$&^_.+-]{0,126}(?:\s*;\s*[A-Za-z0-9!#$&^_.+-]+=(?:[^\s";]+|"[^"]*"))*$/

/** Tags for private use alone, and those registered before the grammar. RFC 5646 section 2.1. */
const PRIVATE_LANGUAGE = /^x(?:-[a-z0-9]{1,8})+$/i
const irregularLanguages: ReadonlySet<string> = new Set([
  'en-gb-oed',
  'i-ami',
  'i-bnn',
  'i-default',
  'i-enochian',
  'i-hak',
  'i-klingon',
  'i-lux',
  'i-mingo',
  'i-navajo',
  'i-pwn',
  'i-tao',
  'i-tay',
  'i-tsu',
  'sgn-be-fr',
  'sgn-be-nl',
  'sgn-ch-de',
])

/** What R4 itself allows for its own formats. R4 http.html#mime-type. */
const shortFormats: ReadonlySet<string> = new Set(['xml', 'json', 'ttl', 'html'])

/** What the runtime's own tables name; each answer is kept, since there are few. */
function knownTo(type: 'language' | 'region' | 'currency'): (code: string) => boolean {
  const names = new Intl.DisplayNames(['en'], { type, fallback: 'none' })
  const known = new Map<string, boolean>()
  return (code) => {
    let verdict = known.get(code)
    if (verdict === undefined) {
      verdict = names.of(code) !== undefined
      if (known.size < 2000) known.set(code, verdict)
    }
    return verdict
  }
}

const isKnownLanguage = knownTo('language')
const isKnownRegion = knownTo('region')
const isKnownCurrency = knownTo('currency')

/** The grammar, and for two-letter languages the list; longer ones are too many to know. */
function isLanguage(code: string): boolean {
  if (code.length > 100) return false
  if (PRIVATE_LANGUAGE.test(code) || irregularLanguages.has(code.toLowerCase())) return true
  if (!LANGUAGE.test(code)) return false
  const [primary] = code.split('-')
  return primary!.length !== 2 || isKnownLanguage(primary!.toLowerCase())
}

function isCurrency(code: string): boolean {
  return /^[A-Z]{3}$/.test(code) && isKnownCurrency(code)
}

/** Two letters are known; three letters and numbers only by their form. */
function isCountry(code: string): boolean | undefined {
  if (/^[A-Z]{2}$/.test(code)) return isKnownRegion(code)
  return /^(?:[A-Z]{3}|\d{3})$/.test(code) ? undefined : false
}

function isTimeZone(code: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: code })
    return true
  } catch {
    return false
  }
}

export const specialSystems: ReadonlyMap<string, CodeTest> = new Map<string, CodeTest>([
  ['urn:ietf:bcp:47', isLanguage],
  ['urn:ietf:bcp:13', (code) => shortFormats.has(code) || MEDIA_TYPE.test(code)],
  ['urn:ietf:rfc:3986', (code) => /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(code)],
  ['http://unitsofmeasure.org', isUcumUnit],
  ['urn:iso:std:iso:4217', isCurrency],
  ['urn:iso:std:iso:3166', isCountry],
  ['https://www.iana.org/time-zones', isTimeZone],
])

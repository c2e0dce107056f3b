/** The Prefer and Accept-Language headers. R4 http.html#ops, search.html#errors. */
import type { Preferences } from '../interactions/context.ts'

const returns = new Set(['minimal', 'representation', 'OperationOutcome'])
const noPreferences: Preferences = { handling: 'strict' }

/** Names ignore case and unknown preferences are ignored, as RFC 7240 asks. */
export function parsePreferences(prefer: string | string[] | undefined): Preferences {
  if (prefer === undefined) return noPreferences
  const parts = (Array.isArray(prefer) ? prefer.join(',') : prefer).split(/[,;]/)
  let preferences = noPreferences
  for (const part of parts) {
    const [written, value] = part.split('=').map((text) => text.trim().replace(/^"|"$/g, ''))
    const name = written?.toLowerCase()
    if (name === 'return' && value !== undefined && returns.has(value)) {
      preferences = { ...preferences, return: value as NonNullable<Preferences['return']> }
    } else if (name === 'handling' && value === 'lenient') {
      preferences = { ...preferences, handling: 'lenient' }
    }
  }
  return preferences
}

/** French unless English is wanted more. */
export function parseLanguage(acceptLanguage: string | undefined): 'fr' | 'en' {
  if (acceptLanguage === undefined) return 'fr'
  for (const part of acceptLanguage.split(',')) {
    const language = part.trim().slice(0, 2).toLowerCase()
    if (language === 'fr' || language === 'en') return language
  }
  return 'fr'
}

/** Visibility labels as envelopes hold them (`system|code`). documents.md §3.9, decision 11. */
import { isIn, not, depositedBefore, and, type Predicate } from '../predicate.ts'

const visibility =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
const levels = [
  'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  'https://mos.esante.gouv.fr/NOS/TRE_A08-HL7Confidentiality/FHIR/TRE-A08-HL7Confidentiality',
]

export const maskedToProfessionals = isIn('labels', [
  `${visibility}|MASQUE_PS`,
  `${visibility}|MASQUE_PSOCIAL`,
  `${visibility}|MASQUE_PT`,
])
export const hiddenFromRepresentatives = isIn('labels', [
  `${visibility}|INVISIBLE_REPRESENTANTS_LEGAUX`,
])
export const veryRestricted = isIn(
  'labels',
  levels.map((system) => `${system}|V`),
)

const hiddenFromPatient = isIn('labels', [
  `${visibility}|INVISIBLE_PATIENT`,
  'http://terminology.hl7.org/CodeSystem/v3-ActCode|NOPAT',
])

/** Decision 12: ends by itself one month after deposit; hiding again does not restart it. */
export function stillHiddenFromPatient(now: number): Predicate {
  return and(hiddenFromPatient, not(depositedBefore(monthOldBefore(now))))
}

/**
 * What was deposited before this instant is a month old: since the same time of the same day of the
 * month before. A month from a day that the next one lacks ends with that month (code de procédure
 * civile, articles 641 and 642), so that what has been shown is never hidden again.
 */
export function monthOldBefore(now: number): number {
  const date = new Date(now)
  const day = date.getUTCDate()
  date.setUTCMonth(date.getUTCMonth() - 1)
  return date.getUTCDate() === day
    ? date.getTime() + 1
    : Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

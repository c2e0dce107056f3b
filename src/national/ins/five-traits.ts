/** The five strict traits, without which an INS is not exchanged. RNIV EXI SI 08, decision 30. */
import type { Resource } from '../../fhir/resource.ts'
import { isObject } from '../../fhir/resource.ts'
import {
  birthListUrl,
  birthName,
  birthPlaceUrl,
  extensionsOf,
  inseeCodeUrl,
  isFilled,
} from './patient-elements.ts'

export type StrictTrait = 'birthFamilyName' | 'birthGivenNames' | 'birthDate' | 'sex' | 'birthPlace'

export const strictTraits: readonly StrictTrait[] = [
  'birthFamilyName',
  'birthGivenNames',
  'birthDate',
  'sex',
  'birthPlace',
]

const SEXES: readonly unknown[] = ['male', 'female', 'unknown']

/** Which of the five a Patient carries, in FR Core's places. A partial date counts as a date. */
export function presentTraits(patient: Resource): ReadonlySet<StrictTrait> {
  const name = birthName(patient)
  const birthList = extensionsOf(name, birthListUrl)
  const facts: Record<StrictTrait, boolean> = {
    birthFamilyName: isFilled(name?.family),
    birthGivenNames: birthList.some(({ valueString }) => isFilled(valueString)),
    birthDate: isFilled(patient.birthDate),
    sex: SEXES.includes(patient.gender),
    birthPlace: extensionsOf(patient, birthPlaceUrl)
      .flatMap(({ valueAddress }) => extensionsOf(valueAddress, inseeCodeUrl))
      .some(({ valueCoding }) => isObject(valueCoding) && isFilled(valueCoding.code)),
  }
  return new Set(strictTraits.filter((trait) => facts[trait]))
}

export function missingTraits(patient: Resource): readonly StrictTrait[] {
  const present = presentTraits(patient)
  return strictTraits.filter((trait) => !present.has(trait))
}

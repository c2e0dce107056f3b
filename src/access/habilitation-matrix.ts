/**
 * Profession by document type (decision 24). This is our default, not the official annex of the
 * order of 26 October 2023: a deployment can replace it. A pair that is not here is denied.
 */

export interface HabilitationMatrix {
  /** What a profession may read: `all`, or document types as `system|code`. */
  readonly [profession: string]: 'all' | readonly string[]
}

const LOINC = 'http://loinc.org'

const reports = [
  '11488-4',
  '18842-5',
  '34133-9',
  '11502-2',
  '18748-4',
  '60591-5',
  '34112-3',
  '11504-8',
  '28570-0',
]
const prescriptions = ['57833-6', '57828-6', '57832-8', '57829-4', '57830-2']
const careSheets = [
  '34746-8',
  '74209-8',
  '52521-2',
  '18776-5',
  '18761-7',
  '47420-5',
  '87273-9',
  '57057-2',
]
const vaccination = ['11369-6', '87273-9']

function loinc(...groups: readonly (readonly string[])[]): readonly string[] {
  return groups.flat().map((code) => `${LOINC}|${code}`)
}

/** By code of TRE_G15 (profession de santé). */
export const defaultHabilitationMatrix: HabilitationMatrix = {
  // Médecin, pharmacien, chirurgien-dentiste, sage-femme.
  '10': 'all',
  '21': 'all',
  '40': 'all',
  '50': 'all',
  // Infirmier.
  '60': loinc(prescriptions, careSheets, vaccination, ['11502-2', '34133-9', '18842-5', '60591-5']),
  // Masseur-kinésithérapeute, pédicure-podologue, orthophoniste, ergothérapeute, psychomotricien.
  '70': loinc(prescriptions, careSheets, ['18748-4', '18842-5', '60591-5']),
  '80': loinc(prescriptions, ['18748-4']),
  '91': loinc(prescriptions, careSheets, ['18842-5']),
  '94': loinc(prescriptions, careSheets),
  '96': loinc(prescriptions, careSheets),
  // Orthoptiste, manipulateur ERM, technicien de laboratoire, audioprothésiste, opticien, diététicien.
  '92': loinc(prescriptions, ['18748-4']),
  '98': loinc(prescriptions, ['18748-4', '18842-5']),
  '86': loinc(prescriptions, ['11502-2']),
  '26': loinc(prescriptions),
  '28': loinc(prescriptions),
  '95': loinc(prescriptions, ['11502-2']),
  // Psychologue.
  '93': loinc(reports.slice(0, 3)),
}

/** A query as a trace may keep it: what identifies a person is replaced. */

export const redacted = '***'

/** Parameters that shape an answer and say nothing of anybody. */
const control =
  /^_(id|lastUpdated|count|sort|total|summary|elements|include|revinclude|format|pretty|type|since|at)$/

const queryLengthMax = 1_000

type Parameters = readonly (readonly [string, string])[]

/**
 * `isKept` says whether a parameter's values may stay; those of unknown ones never do. A number as
 * long as a matricule goes wherever it stands.
 */
export function redactQuery(parameters: Parameters, isKept: (code: string) => boolean): string {
  const parts = parameters.map(([name, value]) => {
    const [code = '', modifier] = name.split(':', 2)
    const isPlain = !name.includes('.') && modifier !== 'identifier' && modifier !== 'of-type'
    const stays = isPlain && (control.test(code) || isKept(code)) && !/\d{13}|\|/.test(value)
    return `${name.slice(0, 100)}=${stays || value === '' ? value : redactValue(value, isPlain && isKept(code))}`
  })
  const text = parts.join('&')
  return text.length > queryLengthMax ? `${text.slice(0, queryLengthMax)}…` : text
}

/** Of a token the system may stay where its code may. */
function redactValue(value: string, isKept: boolean): string {
  const bar = value.indexOf('|')
  return isKept && bar >= 0 && !/\d{13}/.test(value) ? value : redacted
}

const patientId = /^(?:Patient\/)?([A-Za-z0-9\-.]{1,64})$/

/** Patients that a query names by id; for callers of whom the gate asks nothing. */
export function patientsNamed(type: string | undefined, parameters: Parameters): string[] {
  const named = parameters.flatMap(([name, value]) => {
    const isPatient =
      name === 'patient' ||
      name === 'patient:Patient' ||
      name === 'subject:Patient' ||
      (name === '_id' && type === 'Patient') ||
      (name === 'subject' && value.startsWith('Patient/'))
    return isPatient ? value.split(',').flatMap((one) => patientId.exec(one)?.[1] ?? []) : []
  })
  return [...new Set(named)].slice(0, 20)
}

/** What a search of DMP clients must name. MHD 4.2.3 ITI-66, ITI-67; PDSm4DMP TD3.1b; decision 14. */
import { FhirError } from '../../errors.ts'
import { dmpIssue } from './dmp-issue.ts'

type Parameters = readonly (readonly [string, string])[]

/** The minimums hold for professionals and establishments' software, not for the patient's own searches. */
const dmpClients: ReadonlySet<string> = new Set(['professional', 'establishment'])

/** Throws 400 when a search of documents or lots lacks its minimum. AUTH=open is not held to it (decision 66). */
export function requireSearchMinimum(
  caller: { readonly kind: string },
  type: string,
  parameters: Parameters,
): void {
  if (!dmpClients.has(caller.kind)) return
  const missing = missingParameters(type, parameters)
  if (missing.length === 0) return
  const diagnostics = `A search of ${type} needs ${missing.join(' and ')}`
  const issue = dmpIssue({
    rule: 'dmp-search-minimum',
    code: 'required',
    expression: 'http',
    diagnostics,
  })
  // One place for each: "patient or patient.identifier" is asked for at http.patient.
  const expression = missing.map((words) => `http.${words.split(' ', 1)[0]}`)
  throw new FhirError(400, 'required', diagnostics, { issues: [{ ...issue, expression }] })
}

/** The mandatory parameters that a search lacks, in words. */
export function missingParameters(type: string, parameters: Parameters): readonly string[] {
  const names = new Set(parameters.map(([name]) => name))
  const has = (...wanted: string[]) => wanted.some((name) => names.has(name))
  const missing: string[] = []
  if (type !== 'DocumentReference' && type !== 'List') return missing
  if (!has('patient', 'patient.identifier', 'patient:Patient', 'patient:Patient.identifier')) {
    missing.push('patient or patient.identifier')
  }
  if (type === 'DocumentReference' && !has('status', 'identifier')) missing.push('status')
  if (type === 'List') {
    if (!has('code')) missing.push('code')
    if (!has('status')) missing.push('status')
  }
  return missing
}

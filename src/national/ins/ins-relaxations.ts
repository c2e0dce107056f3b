/**
 * INS-NIA is accepted with use `temp` (FR Core 2.1.0), `official` and `old` (2.2.0), whichever
 * package is loaded. Decision 34; `ins-use` checks what is left.
 */
import { patientInsProfile } from './patient-elements.ts'

const use = `${patientInsProfile}#Patient.identifier:INS-NIA.use`

export const insRelaxations: Readonly<Record<string, 'off'>> = {
  [`${use} required-binding`]: 'off',
  [`${use} pattern-value`]: 'off',
}

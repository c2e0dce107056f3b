/** What is wrong with one operation of a patch: said with its place, and how to put it right. */
import type { IssueCode } from '../fhir/operation-outcome.ts'
import { patchRule } from '../fhir/request-rule-texts.ts'
import { UnprocessableResource } from '../errors.ts'

export interface PatchFault {
  /** Where in the patch: `patch[0].path`, `Parameters.parameter[1].part[0]`. */
  readonly expression: string
  /** What is wrong, as a sentence without its full stop. */
  readonly fault: string
  /** The form that would be right, as a sentence without its full stop. */
  readonly corrected?: string | undefined
  readonly code?: IssueCode
}

/** The 422 that decision 8 asks for, with the corrected form in the diagnostics. */
export function patchFault({ expression, fault, corrected, code }: PatchFault) {
  const diagnostics = corrected === undefined ? `${fault}.` : `${fault}. ${corrected}.`
  return new UnprocessableResource(`${expression}: ${diagnostics}`, {
    expression,
    code: code ?? 'processing',
    rule: patchRule,
  })
}

/** The same of a patch as a whole, where no operation is to be named. */
export function wrongPatch(diagnostics: string, options?: { code?: IssueCode; cause?: unknown }) {
  return new UnprocessableResource(diagnostics, { ...options, rule: patchRule })
}

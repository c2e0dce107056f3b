/** Issues of the DMP's rules: the key gives the text for people, the rest is the case at hand. */
import { FhirError } from '../../errors.ts'
import type { Issue, IssueCode, IssueSeverity } from '../../fhir/operation-outcome.ts'
import { dmpRuleTexts } from './dmp-rule-texts.ts'

export interface DmpFinding {
  readonly rule: string
  readonly diagnostics: string
  readonly expression: string
  readonly severity?: IssueSeverity
  readonly code?: IssueCode
}

const texts = new Map(dmpRuleTexts.map((text) => [text.key, text]))

export function dmpIssue({
  rule,
  diagnostics,
  expression,
  severity = 'error',
  code = 'business-rule',
}: DmpFinding): Issue {
  const text = texts.get(rule)
  if (!text) throw new Error(`The rule ${rule} has no text`)
  return { severity, code, diagnostics, expression: [expression], rule, text: text.title }
}

/** A refusal with a status of its own: 405, 409, 403. */
export function dmpRefusal(
  status: 403 | 404 | 405 | 409 | 410 | 422,
  finding: DmpFinding,
  headers?: Readonly<Record<string, string>>,
): FhirError {
  const issue = dmpIssue(finding)
  return new FhirError(status, issue.code, finding.diagnostics, {
    issues: [issue],
    ...(headers ? { headers } : {}),
  })
}

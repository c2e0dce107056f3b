/** Issues of the DMP's rules: the key gives the text for people, the rest is the case at hand. */
import { FhirError } from '../../errors.ts'
import type { Issue, IssueCode, IssueSeverity } from '../../fhir/operation-outcome.ts'
import { dmpRuleTexts, type DmpRule } from './dmp-rule-texts.ts'

export interface DmpFinding {
  readonly rule: DmpRule
  readonly diagnostics: string
  readonly expression: string
  readonly severity?: IssueSeverity
  readonly code?: IssueCode
}

const titles = new Map(dmpRuleTexts.map(({ key, title }) => [key, title]))

export function dmpIssue({
  rule,
  diagnostics,
  expression,
  severity = 'error',
  code = 'business-rule',
}: DmpFinding): Issue {
  return { severity, code, diagnostics, expression: [expression], rule, text: titles.get(rule)! }
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

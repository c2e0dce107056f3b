/** Issues, and the OperationOutcome that carries them. R4 operationoutcome.html. */
import type { JsonObject } from './resource.ts'

export type IssueSeverity = 'fatal' | 'error' | 'warning' | 'information'

export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'unknown'
  | 'expired'
  | 'forbidden'
  | 'suppressed'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'code-invalid'
  | 'extension'
  | 'too-costly'
  | 'business-rule'
  | 'conflict'
  | 'transient'
  | 'lock-error'
  | 'no-store'
  | 'exception'
  | 'timeout'
  | 'incomplete'
  | 'throttled'
  | 'informational'

export interface Issue {
  readonly severity: IssueSeverity
  readonly code: IssueCode
  /** English, for the developer of the calling software. */
  readonly diagnostics: string
  /** FHIRPath of the elements, as in `Patient.name[0].given[1]`. */
  readonly expression?: readonly string[]
  /** The key of the rule that was broken (`pat-1`, `dmp-hash`); becomes details.coding.code. */
  readonly rule?: string
  /** The sentence for people, by language; becomes details.text. */
  readonly text?: { readonly fr: string; readonly en: string }
}

/** Whether what it is about is refused for it. */
export function isError({ severity }: Issue): boolean {
  return severity === 'error' || severity === 'fatal'
}

export interface OutcomeContext {
  /** Where rule keys are defined: `<BASE_URL>/rules`. */
  readonly ruleSystem: string
  readonly language: 'fr' | 'en'
  readonly requestId?: string
}

/** Issues as an OperationOutcome resource; no issues give one `informational` issue. */
export function toOperationOutcome(issues: readonly Issue[], context?: OutcomeContext): JsonObject {
  const listed: readonly Issue[] =
    issues.length > 0
      ? issues
      : [{ severity: 'information', code: 'informational', diagnostics: 'All OK' }]
  return {
    resourceType: 'OperationOutcome',
    ...(context?.requestId ? { id: context.requestId } : {}),
    issue: listed.map((issue) => toIssueElement(issue, context)),
  }
}

function toIssueElement(issue: Issue, context: OutcomeContext | undefined): JsonObject {
  const details: JsonObject = {}
  if (issue.rule && context) details.coding = [{ system: context.ruleSystem, code: issue.rule }]
  const text = issue.text?.[context?.language ?? 'fr']
  if (text) details.text = echoed(text, 4_000)
  return {
    severity: issue.severity,
    code: issue.code,
    ...(Object.keys(details).length > 0 ? { details } : {}),
    diagnostics: echoed(issue.diagnostics, 4_000),
    ...(issue.expression && issue.expression.length > 0
      ? { expression: issue.expression.map((path) => echoed(path, 500)) }
      : {}),
  }
}

/**
 * What a caller sent is echoed, but not without end, and without what a FHIR string cannot hold:
 * control characters, and halves of pairs that a cut left. R4 datatypes.html#string.
 */
function echoed(text: string, lengthMax: number): string {
  const cut = text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`
  return cut.toWellFormed().replaceAll(/[^\P{Cc}\t\n\r]/gu, '\u{fffd}')
}

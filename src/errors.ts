/**
 * The one hierarchy of errors. A subclass fixes its HTTP status and default issue code; callers
 * never choose numbers. R4 http.html#Status-Codes, valueset-issue-type.html.
 */
import type { Issue, IssueCode } from './fhir/operation-outcome.ts'
import type { RuleText } from './fhir/rule-text.ts'

export interface FhirErrorOptions {
  readonly cause?: unknown
  /** FHIRPath of the element, or `http.<header>` for a header (R4 operationoutcome.html). */
  readonly expression?: string | undefined
  /** The rule that was broken: its key links to its page, its title is the sentence for people. */
  readonly rule?: Pick<RuleText, 'key' | 'title'>
  /** The issues to send, when there are more than the one built from `diagnostics`. */
  readonly issues?: readonly Issue[]
  /** Response headers that belong to the error, such as Retry-After or Allow. */
  readonly headers?: Readonly<Record<string, string>>
}

export class FhirError extends Error {
  readonly status: number
  readonly issues: readonly Issue[]
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: IssueCode,
    diagnostics: string,
    { cause, expression, rule, issues, headers }: FhirErrorOptions = {},
  ) {
    super(diagnostics, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.status = status
    this.headers = headers ?? {}
    this.issues = issues ?? [
      {
        severity: 'error',
        code,
        diagnostics,
        ...(expression ? { expression: [expression] } : {}),
        ...(rule ? { rule: rule.key, text: rule.title } : {}),
      },
    ]
  }
}

export class InvalidRequest extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions & { code?: IssueCode }) {
    super(400, options?.code ?? 'invalid', diagnostics, options)
  }
}

export class NotAuthenticated extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(401, 'login', diagnostics, options)
  }
}

export class Forbidden extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(403, 'forbidden', diagnostics, options)
  }
}

export class NotFound extends FhirError {
  constructor(reference: string, options?: FhirErrorOptions) {
    super(404, 'not-found', `${reference} is not known here`, options)
  }
}

export class MethodNotAllowed extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(405, 'not-supported', diagnostics, options)
  }
}

export class NotAcceptable extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(406, 'not-supported', diagnostics, options)
  }
}

export class Conflict extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions & { code?: IssueCode }) {
    super(409, options?.code ?? 'conflict', diagnostics, options)
  }
}

export class Gone extends FhirError {
  constructor(reference: string, options?: FhirErrorOptions) {
    super(410, 'deleted', `${reference} has been deleted`, options)
  }
}

export class PreconditionFailed extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions & { code?: IssueCode }) {
    super(412, options?.code ?? 'conflict', diagnostics, options)
  }
}

export class TooLarge extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(413, 'too-long', diagnostics, options)
  }
}

export class UnsupportedMediaType extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(415, 'not-supported', diagnostics, options)
  }
}

export class RangeNotSatisfiable extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(416, 'invalid', diagnostics, options)
  }
}

export class UnprocessableResource extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions & { code?: IssueCode }) {
    super(422, options?.code ?? 'processing', diagnostics, options)
  }
}

export class TooCostly extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(422, 'too-costly', diagnostics, options)
  }
}

export class Unavailable extends FhirError {
  constructor(diagnostics: string, options?: FhirErrorOptions) {
    super(503, 'transient', diagnostics, {
      ...options,
      headers: { 'retry-after': '2', ...options?.headers },
    })
  }
}

/** An error of the authorization server: RFC 6749 §5.2 on the wire, not an OperationOutcome. */
export class OAuthError extends FhirError {
  /** RFC 6749's code: `invalid_request`, `invalid_client`... */
  readonly error: string

  constructor(status: number, error: string, description: string, options?: FhirErrorOptions) {
    super(status, status === 401 ? 'login' : 'invalid', description, options)
    this.error = error
  }
}

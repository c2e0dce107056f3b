/** Plain HTTP against the server, each request told to the report. */
import type { JsonObject, JsonValue } from '../../src/fhir/resource.ts'
import { DemoFailure } from './report.ts'
import type { Report } from './report.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** The body as JSON; an empty object when it is not. */
  readonly json: JsonObject
  /** When the answer was whole, on the clock of `performance.now`. */
  readonly at: number
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL, or absolute as an attachment's url is. */
  readonly path: string
  readonly body?: JsonValue
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Who asks, where the server wants a token: the depositing software unless told. */
  readonly as?: 'reader'
}

/** Tokens of the sandbox; none where access is open. */
export interface Tokens {
  readonly depositor?: string
  readonly reader?: string
}

export interface FhirClient {
  readonly base: string
  call(call: Call): Promise<Answer>
  /** A request that must be answered with this status. */
  expect(status: number, call: Call): Promise<Answer>
}

export function createFhirClient(base: string, report: Report, tokens: Tokens = {}): FhirClient {
  const call = async (asked: Call): Promise<Answer> => {
    const begin = performance.now()
    const token = asked.as === 'reader' ? tokens.reader : tokens.depositor
    const response = await send(base, asked, token)
    const bytes = Buffer.from(await response.arrayBuffer())
    const at = performance.now()
    const request = `${asked.method} ${shorten(asked.path.replace(base, ''))}`
    report.request({ request, status: response.status, milliseconds: at - begin })
    return { status: response.status, headers: response.headers, bytes, json: jsonOf(bytes), at }
  }
  const expect = async (status: number, asked: Call) => {
    const answer = await call(asked)
    if (answer.status !== status) {
      throw new DemoFailure(
        `${asked.method} ${shorten(asked.path)} devait être répondu ${status}, et l’a été ${answer.status} : ${diagnosticsOf(answer.json)}`,
      )
    }
    return answer
  }
  return { base, call, expect }
}

async function send(base: string, asked: Call, token: string | undefined): Promise<Response> {
  const { method, path, body, form, headers } = asked
  const content =
    form !== undefined
      ? { body: new URLSearchParams(form) }
      : body !== undefined
        ? { body: JSON.stringify(body) }
        : {}
  const type = body === undefined ? {} : { 'content-type': 'application/fhir+json' }
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const url = path.startsWith('http') ? path : `${base}${path}`
  try {
    return await fetch(url, {
      method,
      headers: {
        accept: 'application/fhir+json',
        'accept-language': 'fr',
        ...type,
        ...authorization,
        ...headers,
      },
      ...content,
    })
  } catch (error) {
    throw new DemoFailure(
      `Aucun serveur ne répond à ${base}. Démarrez-le par « npm start » dans une autre fenêtre, ou donnez son adresse : npm run demo -- http://machine:port/fhir`,
      { cause: error },
    )
  }
}

/** A line that fits on a screen. */
function shorten(path: string): string {
  const text = path === '' ? '/' : decodeURIComponent(path)
  return text.length > 100 ? `${text.slice(0, 97)}…` : text
}

function jsonOf(bytes: Buffer): JsonObject {
  if (bytes[0] !== 0x7b) return {}
  try {
    return JSON.parse(bytes.toString('utf8')) as JsonObject
  } catch {
    // A document may begin with a brace without being JSON.
    return {}
  }
}

interface OutcomeIssue {
  readonly severity?: string
  readonly diagnostics?: string
  readonly expression?: readonly string[]
  readonly details?: { readonly text?: string; readonly coding?: readonly Coding[] }
}

interface Coding {
  readonly system?: string
  readonly code?: string
}

/** The errors of an OperationOutcome, which may hold warnings beside them. */
export function errorsOf(outcome: JsonObject): readonly OutcomeIssue[] {
  const issues = Array.isArray(outcome.issue) ? (outcome.issue as readonly OutcomeIssue[]) : []
  return issues.filter(({ severity }) => severity === 'error' || severity === 'fatal')
}

/** The key of the rule that was broken. */
export function ruleOf(outcome: JsonObject): string {
  return errorsOf(outcome)[0]?.details?.coding?.[0]?.code ?? 'aucune règle'
}

export function diagnosticsOf(outcome: JsonObject): string {
  const texts = errorsOf(outcome).map(({ diagnostics = '', expression: [place] = [] }) =>
    place === undefined || diagnostics.startsWith(place)
      ? diagnostics
      : `${place} : ${diagnostics}`,
  )
  return texts.slice(0, 3).join(' ; ') || 'sans explication'
}

interface Entry {
  readonly fullUrl?: string
  readonly resource?: JsonObject
  readonly response?: { readonly status?: string; readonly location?: string }
}

export function entriesOf(bundle: JsonObject): readonly Entry[] {
  return Array.isArray(bundle.entry) ? (bundle.entry as readonly Entry[]) : []
}

/** `DocumentReference/x` of a Location such as `http://…/DocumentReference/x/_history/1`. */
export function referenceOf(location: string | null | undefined): string {
  return /([A-Z]\w+\/[^/]+)(?:\/_history\/[^/]+)?$/.exec(location ?? '')?.[1] ?? ''
}

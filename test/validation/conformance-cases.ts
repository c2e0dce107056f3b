/** HL7's validator cases of ../shared/conformance/validator, read and judged in process. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import type { DefinitionKind, Registry } from '../../src/conformance/registry.ts'
import type { Issue } from '../../src/fhir/operation-outcome.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createTerminology } from '../../src/terminology/terminology.ts'
import { createValidator } from '../../src/validation/create-validator.ts'
import { createInvariantCompiler } from '../../src/validation/fhirpath-invariants.ts'
import type { Validator } from '../../src/validation/validator.ts'

export const casesFolder = new URL('../../../shared/conformance/validator/data/', import.meta.url)

export interface ExpectedIssue {
  readonly severity: string
  readonly code: string
  readonly expression: readonly string[]
  readonly text: string
  readonly class?: string
}

export interface Case {
  readonly id: string
  readonly module: string
  readonly resource: string
  readonly resourceType: string
  readonly parses: boolean
  readonly profile: string | null
  readonly supporting: readonly string[]
  readonly expect: {
    readonly verdict: 'ok' | 'errors'
    readonly issues: readonly ExpectedIssue[]
  }
}

export interface Result {
  readonly case: Case
  readonly verdict: 'ok' | 'errors'
  readonly issues: readonly Issue[]
  readonly agrees: boolean
  /** Undefined: the case demands no error with a place. */
  readonly overlaps: boolean | undefined
  readonly crash?: unknown
  readonly durationMs: number
}

export function hasCases(): boolean {
  return existsSync(fileURLToPath(new URL('cases.json', casesFolder)))
}

export function readCases(): readonly Case[] {
  return (readJson('cases.json') as { cases: readonly Case[] }).cases
}

function readJson(file: string): unknown {
  return JSON.parse(readText(file))
}

function readText(file: string): string {
  return readFileSync(new URL(file, casesFolder), 'utf8').replace(/^\uFEFF/, '')
}

export interface Bench {
  readonly registry: Registry
  readonly validator: Validator
}

export function createBench(): Bench {
  const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
  const terminology = createTerminology(registry)
  const compileInvariant = createInvariantCompiler({ registry, terminology })
  return { registry, validator: createValidator({ registry, terminology, compileInvariant }) }
}

/** Loads what the case needs, validates, and takes it back. */
export function runCase(one: Case, { registry, validator }: Bench): Result {
  const stored = one.supporting.map((file) => ({
    id: file
      .replace(/^.*\//, '')
      .replace(/[^A-Za-z0-9.-]/g, '-')
      .slice(-60),
    ...(readJson(file) as Resource),
  }))
  for (const resource of stored) registry.put(resource)
  const started = performance.now()
  try {
    return judge(one, validate(one, stored, validator), performance.now() - started)
  } finally {
    for (const { resourceType, id } of stored) registry.remove(resourceType as DefinitionKind, id)
  }
}

interface Validated {
  readonly issues: readonly Issue[]
  readonly crash?: unknown
}

function validate(one: Case, stored: readonly Resource[], validator: Validator): Validated {
  let resource: Resource
  try {
    resource = JSON.parse(readText(one.resource)) as Resource
  } catch (error) {
    const diagnostics = String(error)
    return { issues: [{ severity: 'error', code: 'structure', diagnostics }] }
  }
  try {
    const issues = validator.validate(resource, {
      profiles: one.profile === null ? [] : [one.profile],
      canonicalResource: (type, canonical) => findStored(stored, type, canonical),
    })
    return { issues }
  } catch (crash) {
    return { issues: [], crash }
  }
}

/** As a server would find it among what is stored. */
function findStored(stored: readonly Resource[], type: string, canonical: string) {
  const [url, version] = canonical.split('|')
  return stored.find(
    (resource) =>
      resource.resourceType === type &&
      resource.url === url &&
      (version === undefined || resource.version === version),
  )
}

const isError = ({ severity }: { severity: string }) => severity === 'error' || severity === 'fatal'

function judge(one: Case, { issues, crash }: Validated, durationMs: number): Result {
  const errors = issues.filter(isError)
  const verdict = errors.length > 0 ? 'errors' : 'ok'
  const wanted = one.expect.issues
    .filter((issue) => issue.class === 'demanded')
    .flatMap(({ expression }) => expression)
    .map(segments)
    .filter((path) => path.length > 0)
  const found = errors.flatMap(({ expression }) => expression ?? []).map(segments)
  return {
    case: one,
    verdict,
    issues,
    agrees: verdict === one.expect.verdict && crash === undefined,
    overlaps:
      wanted.length === 0
        ? undefined
        : wanted.some((path) => found.some((other) => areNear(path, other))),
    ...(crash === undefined ? {} : { crash }),
    durationMs,
  }
}

/** `Bundle.entry[0].resource/*Patient/1*\/.value.ofType(x)` as names only. */
function segments(expression: string): readonly string[] {
  return expression
    .replace(/\/\*.*?\*\//g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\.(?:ofType|resolve|where|first)\([^)]*\)/g, '')
    .replace(/\([^)]*\)/g, '')
    .split('.')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** The same element, or one is the other's parent; choice suffixes do not count. */
function areNear(left: readonly string[], right: readonly string[]): boolean {
  const [long, short] = left.length > right.length ? [left, right] : [right, left]
  return long.length - short.length <= 1 && short.every((part, at) => isSame(part, long[at]!))
}

function isSame(left: string, right: string): boolean {
  const [long, short] = left.length > right.length ? [left, right] : [right, left]
  return long === short || (long.startsWith(short) && /^[A-Z]/.test(long.slice(short.length)))
}

/** Brings no terminology of its own and expects nothing of outside terminologies. */
export function isPlain(one: Case): boolean {
  const bringsTerminology = one.supporting.some((file) =>
    ['ValueSet', 'CodeSystem'].includes((readJson(file) as Resource).resourceType),
  )
  return (
    !bringsTerminology && !one.expect.issues.some((issue) => issue.class === 'external-terminology')
  )
}

/** The state of one validation: where it is, what it found, what it may still spend. */
import type { PackageReference } from '../conformance/registry.ts'
import { expressionOf, type Step } from '../fhir/element-path.ts'
import {
  isError,
  type Issue,
  type IssueCode,
  type IssueSeverity,
} from '../fhir/operation-outcome.ts'
import type { JsonObject, Resource } from '../fhir/resource.ts'
import { rules, type RuleKey } from './rules.ts'
import type { ValidationOptions } from './validator.ts'

/**
 * What this server deliberately sees otherwise: a severity, or `off`, by rule key (`dom-6`), or for
 * one element of one profile by `<url>#<path> <rule key>`, where a slice has `path:slice`.
 */
export type Relaxations = Readonly<Record<string, IssueSeverity | 'off'>>

export interface BundleEntry {
  readonly index: number
  readonly fullUrl: string | undefined
  readonly resource: Resource | undefined
}

export interface BundleIndex {
  readonly entries: readonly BundleEntry[]
  readonly byUrl: ReadonlyMap<string, readonly BundleEntry[]>
  /** By `Patient/1`. */
  readonly byTypeAndId: ReadonlyMap<string, readonly BundleEntry[]>
}

export interface FoundIssue extends Issue {
  readonly steps: readonly Step[]
}

/** The resource that is being checked and those around it. */
export interface Scope {
  readonly resource: Resource
  /** The resource that contains `resource`, or itself. */
  readonly root: Resource
  /** The Bundle entry's `fullUrl` that `root` stands under. */
  readonly fullUrl: string | undefined
  /** Where in the run's path the resource's own steps begin. */
  readonly pathStart: number
  /** The nearest resource around this one: container, Bundle or Parameters. */
  readonly outer: Scope | undefined
  /** Of `root`, by id; filled at first use, like the next four. */
  contained: ReadonlyMap<string, Resource> | undefined
  /** Of a Bundle. */
  entries: BundleIndex | undefined
  /** Element ids met so far. */
  seenIds: Set<unknown> | undefined
  /** All element ids of `root`. */
  elementIds: ReadonlySet<string> | undefined
  /** For FHIRPath. */
  environment: unknown
}

const ERRORS_MAX = 1000
const ADVICE_MAX = 500
const TRIAL_ISSUES_MAX = 50
const DEPTH_MAX = 100
const STEPS_BASE = 200_000
const STEPS_PER_ELEMENT = 200
const EXPRESSIONS_PER_LOOK = 64
const DURATION_MAX_MS = 3000
const SLOW_MS = 5

export class StopValidation extends Error {}

export class Run {
  readonly path: Step[] = []
  readonly options: ValidationOptions
  issues: FoundIssue[] = []
  scope!: Scope
  /** Decides which versions of profiles and extensions are meant. */
  package: PackageReference | undefined
  /** The profile's element that is being checked, as relaxations name it. */
  source = ''
  /** How many objects of the input have been met. */
  elements = 0
  /** `conformsTo()` in FHIRPath; undefined: the profile is not known. */
  conforms: ((value: JsonObject, canonical: string) => boolean | undefined) | undefined
  private readonly relaxations: ReadonlyMap<string, IssueSeverity | 'off'>
  private answers: Map<JsonObject, Map<object, boolean>> | undefined
  private stepsLeft = STEPS_BASE
  private depth = 0
  private begun: number | undefined
  private lastLook = 0
  private interval = 4
  private untilLook = 4
  /** How many attempts are open whose issues are not kept. */
  private trials = 0
  private errors = 0
  private advice = 0

  constructor(options: ValidationOptions, relaxations: ReadonlyMap<string, IssueSeverity | 'off'>) {
    this.options = options
    this.package = options.package
    this.relaxations = relaxations
  }

  /** Pays for work; a run without means stops with one issue. */
  spend(steps: number): void {
    this.stepsLeft -= steps
    if (this.stepsLeft < 0) throw new StopValidation('too-costly')
  }

  /** What profiles found of a value so far. */
  answersFor(value: JsonObject): Map<object, boolean> {
    this.answers ??= new Map()
    let answers = this.answers.get(value)
    if (!answers) this.answers.set(value, (answers = new Map()))
    return answers
  }

  /** The last issue of a run that cannot go on; it finds room even when there is none. */
  stop(key: RuleKey, diagnostics: string): void {
    this.errors = 0
    this.trials = 0
    this.report(key, diagnostics)
  }

  /**
   * Expressions count their own steps; what they take together is bounded by the clock, which is
   * looked at often while they are slow.
   */
  watchClock(): void {
    if (--this.untilLook > 0) return
    const now = performance.now()
    this.begun ??= now
    if (now - this.begun > DURATION_MAX_MS) throw new StopValidation('too-costly')
    const wasSlow = now - this.lastLook > SLOW_MS
    this.interval = wasSlow ? 1 : Math.min(2 * this.interval, EXPRESSIONS_PER_LOOK)
    this.untilLook = this.interval
    this.lastLook = now
  }

  /** Each element of the input pays for the work that it may cause. */
  enter(): boolean {
    if (this.depth >= DEPTH_MAX) {
      this.report('too-deep', `More than ${DEPTH_MAX} levels`)
      return false
    }
    this.depth++
    this.elements++
    this.stepsLeft += STEPS_PER_ELEMENT
    return true
  }

  leave(): void {
    this.depth--
  }

  report(key: RuleKey, diagnostics: string, severity?: IssueSeverity): void {
    const rule = rules[key]
    this.add(key, severity ?? rule.severity, rule.code, diagnostics, rule)
  }

  /** Names the element in the sentence for people: no expression leads to what is absent. */
  reportOf(key: RuleKey, element: string, diagnostics: string): void {
    const { severity, code, fr, en } = rules[key]
    this.add(key, severity, code, diagnostics, {
      fr: `${fr} : ${element}`,
      en: `${en}: ${element}`,
    })
  }

  /** An issue of an invariant; its sentence is the definition's own. */
  reportInvariant(key: string, severity: IssueSeverity, human: string): void {
    this.add(key, severity, 'invariant', `${key}: ${human}`, {
      fr: `Règle ${key} non respectée : ${human}`,
      en: `Rule ${key} is broken: ${human}`,
    })
  }

  add(
    key: string,
    severity: IssueSeverity,
    code: IssueCode,
    diagnostics: string,
    text: { readonly fr: string; readonly en: string },
  ): void {
    const relaxed = this.relaxations.get(`${this.source} ${key}`) ?? this.relaxations.get(key)
    if (relaxed === 'off') return
    const given = relaxed ?? severity
    if (!this.hasRoom(given)) return
    const expression = expressionOf(this.path)
    this.issues.push({
      severity: given,
      code,
      diagnostics,
      expression: [expression],
      rule: key,
      text: { fr: text.fr, en: text.en },
      steps: [...this.path],
    })
  }

  /** Advice beyond the bound is left out; errors beyond it end the run. */
  private hasRoom(severity: IssueSeverity): boolean {
    const isAdvice = severity === 'warning' || severity === 'information'
    // Of an attempt only whether, and why, it fails is asked.
    if (this.trials > 0) return !isAdvice && this.issues.length < TRIAL_ISSUES_MAX
    if (isAdvice) return ++this.advice <= ADVICE_MAX
    if (++this.errors > ERRORS_MAX) throw new StopValidation('too-many-issues')
    return true
  }

  /** Does the work and gives its issues back instead of keeping them. */
  collect(work: () => void): FoundIssue[] {
    const kept = this.issues
    const found: FoundIssue[] = []
    this.issues = found
    this.trials++
    try {
      work()
    } finally {
      this.issues = kept
      this.trials--
    }
    return found
  }

  /** Whether the work finds an error. */
  hasErrors(work: () => void): boolean {
    return this.collect(work).some(isError)
  }

  /** Reports at a place below the current one. */
  at(steps: readonly Step[], work: () => void): void {
    const length = this.path.length
    for (const step of steps) this.path.push(step)
    try {
      work()
    } finally {
      this.path.length = length
    }
  }

  reportAt(steps: readonly Step[], key: RuleKey, diagnostics: string, severity?: IssueSeverity) {
    this.at(steps, () => this.report(key, diagnostics, severity))
  }
}

/** A value as issues show it: short, on one line. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

/** A scope for a resource that starts where the run's path stands now. */
export function newScope(
  run: Run,
  resource: Resource,
  place: {
    readonly root?: Resource
    readonly outer?: Scope | undefined
    readonly fullUrl?: string | undefined
  },
): Scope {
  return {
    resource,
    root: place.root ?? resource,
    outer: place.outer,
    fullUrl: place.fullUrl,
    pathStart: run.path.length,
    contained: undefined,
    entries: undefined,
    seenIds: undefined,
    elementIds: undefined,
    environment: undefined,
  }
}

export type ObjectCheck = (value: JsonObject, run: Run) => void

/** Codes against the value sets that elements are bound to. R4 terminologies.html#strength. */
import type { PackageReference } from '../conformance/registry.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { Terminology } from '../terminology/terminology.ts'
import type { Binding } from './element-definition.ts'
import type { Run } from './run.ts'
import type { RuleKey } from './rules.ts'
import type { ValueCheck } from './shape.ts'

export interface BindingContext {
  readonly terminology: Terminology
  readonly package: PackageReference | undefined
}

type Membership = (system: string | undefined, code: string) => boolean | undefined

/** The checks that a binding asks for; none for preferred and example bindings. */
export function bindingChecks(
  binding: Binding,
  typeCode: string,
  context: BindingContext,
): ValueCheck[] {
  const checks: ValueCheck[] = []
  if (binding.strength === 'required') {
    checks.push(valueSetCheck(binding.valueSet, 'required-binding', typeCode, context))
  } else if (binding.strength === 'extensible') {
    checks.push(valueSetCheck(binding.valueSet, 'extensible-binding', typeCode, context))
  }
  if (binding.maxValueSet !== undefined) {
    checks.push(valueSetCheck(binding.maxValueSet, 'max-binding', typeCode, context))
  }
  return checks
}

export function valueSetCheck(
  valueSet: string,
  rule: RuleKey,
  typeCode: string,
  context: BindingContext,
): ValueCheck {
  const isMember = membership(valueSet, context)
  const target = { valueSet, rule }
  if (typeCode === 'CodeableConcept') {
    return (value, run) => {
      if (isObject(value)) checkConcept(value, target, isMember, run)
    }
  }
  if (typeCode === 'Coding' || quantities.has(typeCode)) {
    const isCoding = typeCode === 'Coding'
    return (value, run) => {
      if (isObject(value)) checkCoding(value, target, isMember, run, isCoding)
    }
  }
  return (value, run) => checkCode(value, target, isMember, run)
}

export const quantities: ReadonlySet<string> = new Set([
  'Quantity',
  'Age',
  'Count',
  'Distance',
  'Duration',
  'SimpleQuantity',
  'MoneyQuantity',
])

interface Target {
  readonly valueSet: string
  readonly rule: RuleKey
}

const MEMORY_MAX = 500

/** Looked up once; plain codes are remembered, since they repeat from one resource to the next. */
function membership(valueSet: string, { terminology, package: from }: BindingContext): Membership {
  let test: Membership | undefined
  const codes = new Map<string, boolean | undefined>()
  return (system, code) => {
    test ??= terminology.valueSetTest(valueSet, from) ?? (() => undefined)
    if (system !== undefined) return test(system, code)
    if (codes.has(code)) return codes.get(code)
    const verdict = test(undefined, code)
    if (codes.size >= MEMORY_MAX) codes.clear()
    codes.set(code, verdict)
    return verdict
  }
}

function checkCode(value: JsonValue, target: Target, isMember: Membership, run: Run): void {
  if (typeof value !== 'string') {
    if (target.rule === 'required-binding') {
      run.report('code-missing', `No code provided, one of ${target.valueSet} is required`)
    }
    return
  }
  const verdict = isMember(undefined, value)
  if (verdict !== true) reportVerdict(verdict, `'${value}'`, target, run)
}

function reportVerdict(
  verdict: boolean | undefined,
  shownCode: string,
  { rule, valueSet }: Target,
  run: Run,
): void {
  if (verdict === false) {
    run.report(rule, `The code ${shownCode} is not in the value set ${valueSet}`)
  } else if (rule !== 'extensible-binding') {
    run.report('binding-unchecked', `The code ${shownCode} could not be checked: ${valueSet}`)
  }
}

function checkCoding(
  coding: JsonObject,
  target: Target,
  isMember: Membership,
  run: Run,
  isCoding: boolean,
): void {
  const { code, system } = coding
  if (typeof code !== 'string') {
    if (isCoding && target.rule === 'required-binding') {
      run.report('code-missing', `No code provided, one of ${target.valueSet} is required`)
    }
    return
  }
  const verdict = memberOf(code, system, isMember)
  if (verdict !== true) reportVerdict(verdict, codingText(coding), target, run)
}

function memberOf(
  code: string,
  system: JsonValue | undefined,
  isMember: Membership,
): boolean | undefined {
  // A coding without a system means nothing, so it belongs to no value set.
  return typeof system === 'string' ? isMember(system, code) : false
}

/** One coding in the value set is enough; the others may add to it. */
function checkConcept(concept: JsonObject, target: Target, isMember: Membership, run: Run): void {
  const codings = Array.isArray(concept.coding) ? concept.coding.filter(isObject) : []
  let verdict: boolean | undefined = false
  let hasCode = false
  for (const { code, system } of codings) {
    if (typeof code !== 'string') continue
    hasCode = true
    const one = memberOf(code, system, isMember)
    if (one === true) return
    if (one === undefined) verdict = undefined
  }
  if (!hasCode) reportNoCode(concept, target, run)
  else reportVerdict(verdict, codings.map(codingText).join(', '), target, run)
}

function reportNoCode(concept: JsonObject, { rule, valueSet }: Target, run: Run): void {
  if (rule === 'required-binding') {
    run.report('code-missing', `No code provided, one of ${valueSet} is required`)
  } else if (rule === 'extensible-binding' && concept.text === undefined) {
    run.report('code-missing', `No code provided, one of ${valueSet} is expected`, 'warning')
  }
}

function codingText({ system, code }: JsonObject): string {
  return `${typeof system === 'string' ? system : ''}#${typeof code === 'string' ? code : ''}`
}

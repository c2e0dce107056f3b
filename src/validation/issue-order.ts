/** Puts issues into the order of the document, each once. */
import type { Step } from '../fhir/element-path.ts'
import type { Issue } from '../fhir/operation-outcome.ts'
import type { JsonValue, Resource } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { FoundIssue } from './run.ts'

export function inDocumentOrder(issues: readonly FoundIssue[], resource: Resource): Issue[] {
  if (issues.length < 2) return issues.map(withoutSteps)
  return distinct(issues)
    .map((issue) => ({ issue, key: positions(issue.steps, resource) }))
    .toSorted((left, right) => compareKeys(left.key, right.key))
    .map(({ issue }) => withoutSteps(issue))
}

/** The base type and several profiles may find the same. */
function distinct(issues: readonly FoundIssue[]): FoundIssue[] {
  const seen = new Set<string>()
  return issues.filter(({ rule, expression, diagnostics }) => {
    const text = `${rule} ${expression?.[0]} ${diagnostics}`
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}

function withoutSteps(found: FoundIssue): Issue {
  const { steps: _steps, ...issue } = found
  return issue
}

/** Of each step its place among its parent's properties or items. */
function positions(steps: readonly Step[], resource: Resource): readonly number[] {
  const key: number[] = []
  let value: JsonValue | undefined = resource
  for (const step of steps.slice(1)) {
    if (typeof step === 'number') {
      key.push(step)
      value = Array.isArray(value) ? value[step] : undefined
    } else if (isObject(value)) {
      const keys = Object.keys(value)
      const at = keys.findIndex((name) => isNamed(name, step))
      key.push(at < 0 ? keys.length : at)
      value = at < 0 ? undefined : value[keys[at]!]
    } else {
      key.push(0)
    }
  }
  return key
}

/** `value` is `valueString`, `_value` or `_valueString` in JSON. */
function isNamed(name: string, step: string): boolean {
  const plain = name.startsWith('_') ? name.slice(1) : name
  return plain === step || (plain.startsWith(step) && /^[A-Z]/.test(plain.slice(step.length)))
}

function compareKeys(left: readonly number[], right: readonly number[]): number {
  const length = Math.min(left.length, right.length)
  for (let at = 0; at < length; at++) {
    const difference = left[at]! - right[at]!
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Validation as a write asks for it. `VALIDATION=lenient` softens bindings and invariants only. */
import type { Issue } from '../fhir/operation-outcome.ts'
import type { Context } from './context.ts'
import type { Draft, DraftPlan } from './draft.ts'
import { definitionWarnings } from './stored-definitions.ts'

/** Adds what the validator finds to the draft's issues. */
export function validateDraft(context: Context, draft: Draft, plan: DraftPlan): void {
  const { resource } = draft
  if (!resource) return
  const { validator, definitions, rules, validation, timeZone } = context.services
  const imposed = rules.map((rule) => rule.validationOf?.(draft, plan) ?? {})
  const issues = validator.validate(resource, {
    timeZone,
    canonicalResource: (type, canonical) => definitions.find(type, canonical),
    profiles: imposed.flatMap(({ profiles = [] }) => profiles),
    ignoresMetaProfile: imposed.some(({ baseOnly }) => baseOnly),
  })
  draft.issues.push(...definitionWarnings(draft))
  for (const issue of issues) draft.issues.push(validation === 'lenient' ? soften(issue) : issue)
}

const softenedCodes = new Set(['code-invalid', 'invariant'])

function soften(issue: Issue): Issue {
  return issue.severity === 'error' && softenedCodes.has(issue.code)
    ? { ...issue, severity: 'warning' }
    : issue
}

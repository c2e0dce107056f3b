/** PDSm's rules on code systems, which the guide states in words only (`constr-bind-*`). Decisions 3 and 67. */
import type { IssueSeverity } from '../../fhir/operation-outcome.ts'
import { isObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import type { Draft } from '../../interactions/draft.ts'
import { designationTypeUrl, iheFormatSystem, loincSystem, nosSystem } from './dmp-codes.ts'
import { dmpIssue } from './dmp-issue.ts'
import type { DmpRule } from './dmp-rule-texts.ts'
import { objectsOf } from './document-parts.ts'

interface CodeRule {
  readonly rule: DmpRule
  readonly path: string
  readonly find: (resource: Resource) => JsonValue | undefined
  /** Code systems, or the beginnings of NOS ones. */
  readonly systems: readonly string[]
  readonly isRecommendedOnly?: boolean
}

const contextOf = (resource: Resource, name: string) =>
  isObject(resource.context) ? resource.context[name] : undefined

function documentRules(isSimplified: boolean): readonly CodeRule[] {
  return [
    {
      rule: 'constr-bind-type',
      path: 'type',
      find: ({ type }) => type,
      systems: [nosSystem('TRE_A05'), loincSystem, nosSystem('TRE_A12')],
    },
    {
      rule: 'constr-bind-category',
      path: 'category[0]',
      find: ({ category }) => objectsOf(category)[0],
      systems: [nosSystem('TRE_A03'), nosSystem('TRE_A10')],
    },
    {
      rule: 'constr-bind-format',
      path: 'content[0].format',
      find: ({ content }) => objectsOf(content)[0]?.format,
      systems: [
        nosSystem('TRE_A06'),
        nosSystem('TRE_A09'),
        nosSystem('TRE_A10'),
        nosSystem('TRE_A11'),
        iheFormatSystem,
      ],
    },
    {
      rule: 'constr-bind-ProducteurDoc',
      path: 'context.facilityType',
      find: (resource) => contextOf(resource, 'facilityType'),
      systems: [nosSystem('TRE_A00'), nosSystem('TRE_R02')],
      isRecommendedOnly: isSimplified,
    },
    {
      rule: 'constr-bind-ProducteurDoc',
      path: 'context.practiceSetting',
      find: (resource) => contextOf(resource, 'practiceSetting'),
      systems: [nosSystem('TRE_A00'), nosSystem('TRE_R02'), nosSystem('TRE_A01')],
      isRecommendedOnly: isSimplified,
    },
  ]
}

function lotRules({ extension }: Resource): readonly CodeRule[] {
  const extensions = objectsOf(extension)
  const index = extensions.findIndex(({ url }) => url === designationTypeUrl)
  return [
    {
      rule: 'constr-bind-designationtype',
      path: `extension[${index}].value`,
      find: () => extensions[index]?.valueCodeableConcept,
      systems: [nosSystem('TRE_A00'), nosSystem('TRE_R209'), nosSystem('TRE_R02')],
    },
  ]
}

export function checkDocumentCodes(
  draft: Draft & { resource: Resource },
  isSimplified: boolean,
): void {
  for (const rule of documentRules(isSimplified)) checkCodes(draft, rule)
}

export function checkLotCodes(draft: Draft & { resource: Resource }): void {
  for (const rule of lotRules(draft.resource)) checkCodes(draft, rule)
}

/** One coding of an allowed system is enough; more may stand beside it. */
function checkCodes(
  draft: Draft & { resource: Resource },
  { rule, path, find, systems, isRecommendedOnly }: CodeRule,
): void {
  const concept = find(draft.resource)
  if (!isObject(concept)) return
  const codings = concept.coding === undefined ? [concept] : objectsOf(concept.coding)
  const isAllowed = codings.some(
    ({ system }) =>
      typeof system === 'string' &&
      systems.some(
        (allowed) => system === allowed || (allowed.endsWith('-') && system.startsWith(allowed)),
      ),
  )
  if (isAllowed || (codings.length === 0 && concept.text !== undefined)) return
  const severity: IssueSeverity = isRecommendedOnly ? 'warning' : 'error'
  draft.issues.push(
    dmpIssue({
      rule,
      severity,
      code: 'code-invalid',
      expression: `${draft.type}.${path}`,
      diagnostics: `${path} comes from ${codings.map(({ system }) => String(system)).join(', ') || 'no system'}; allowed: ${systems.map(readable).join(', ')}`,
    }),
  )
}

function readable(system: string): string {
  return system.endsWith('-') ? (/NOS\/(.+)-$/.exec(system)?.[1] ?? system) : system
}

/** Documents under DMP rules always check where their references lead. Decision 63. */
import { parseReference } from '../../fhir/reference.ts'
import type { Resource } from '../../fhir/resource.ts'
import { walkReferences } from '../../fhir/walk-references.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { dmpIssue } from './dmp-issue.ts'
import { objectsOf, patientIdOfSubject, subjectOf } from './document-parts.ts'

/** Adds an issue for each literal reference to this server that leads nowhere. */
export async function checkKnownReferences(
  plan: DraftPlan,
  draft: Draft & { resource: Resource },
  context: Context,
): Promise<void> {
  await checkSubject(plan, draft, context)
  const checkedElsewhere = placesCheckedElsewhere(draft.resource)
  const places: { type: string; id: string; path: string }[] = []
  walkReferences(draft.resource, ({ text, path, isReference }) => {
    if (!isReference || checkedElsewhere.has(path)) return
    const target = parseReference(text, context.services.baseUrl)
    if (target.kind === 'local') places.push({ type: target.type, id: target.id, path })
  })
  for (const { type, id, path } of places) {
    const target = await readKnown(plan, context, type, id)
    if (draft.type === 'List' && target) checkMember(draft, { type, id, path, target })
    if (target) continue
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-unknown-reference',
        code: 'not-found',
        expression: path.replace(/\.reference$/, ''),
        diagnostics: `${path} is ${type}/${id}, which is not known here`,
      }),
    )
  }
}

/** The subject has an issue of its own; what is replaced is looked up by replacement.ts. */
function placesCheckedElsewhere({ resourceType, relatesTo }: Resource): ReadonlySet<string> {
  const replaced = objectsOf(relatesTo).flatMap(({ code }, index) =>
    code === 'replaces' ? [`${resourceType}.relatesTo[${index}].target.reference`] : [],
  )
  return new Set([`${resourceType}.subject.reference`, ...replaced])
}

async function checkSubject(
  plan: DraftPlan,
  draft: Draft & { resource: Resource },
  context: Context,
): Promise<void> {
  const { resource } = draft
  // No subject at all is for validation to say.
  if (resource.subject === undefined) return
  const id = patientIdOfSubject(resource)
  if (id !== undefined && (await readKnown(plan, context, 'Patient', id))) return
  draft.issues.push(
    dmpIssue({
      rule: 'pdsm-subject',
      code: 'not-found',
      expression: `${draft.type}.subject`,
      diagnostics: `subject ${JSON.stringify(subjectOf(resource) ?? 'by identifier')} leads to no Patient that is known here`,
    }),
  )
}

interface Known {
  readonly patients: readonly string[]
}

/** A lot or classeur names documents of its own patient: another's would be hidden with it. */
function checkMember(
  draft: Draft & { resource: Resource },
  { type, id, path, target }: { type: string; id: string; path: string; target: Known },
): void {
  const patient = patientIdOfSubject(draft.resource)
  if (!path.startsWith('List.entry[') || patient === undefined) return
  if (target.patients.length === 0 || target.patients.includes(patient)) return
  draft.issues.push(
    dmpIssue({
      rule: 'pdsm-same-patient',
      expression: path.replace(/\.reference$/, ''),
      diagnostics: `${path} is ${type}/${id}, which is of another patient than Patient/${patient}`,
    }),
  )
}

/** What a reference leads to, planned or stored; undefined where it leads nowhere. */
async function readKnown(
  plan: DraftPlan,
  context: Context,
  type: string,
  id: string,
): Promise<Known | undefined> {
  if (!context.services.registry.isResourceType(type)) return undefined
  const planned = plan.drafts.find((other) => other.type === type && other.id === id)
  if (planned) {
    const patient = planned.resource && patientIdOfSubject(planned.resource)
    return planned.resource && { patients: patient === undefined ? [] : [patient] }
  }
  const stored = await context.store.readReferenced(type, id)
  return stored && !stored.deleted ? { patients: stored.envelope.patients } : undefined
}

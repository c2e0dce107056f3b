/**
 * Decision 63: a reference to a Binary of this server must lead to one that the caller may read;
 * with REFERENTIAL_INTEGRITY=write every literal reference to this server must lead somewhere.
 */
import { parseReference } from '../fhir/reference.ts'
import { walkReferences } from '../fhir/walk-references.ts'
import type { Context } from './context.ts'
import type { Draft, DraftPlan } from './draft.ts'
import { Turns } from './turns.ts'

export async function checkReferences(context: Context, plan: DraftPlan): Promise<void> {
  const turns = new Turns()
  for (const draft of plan.drafts) {
    if (turns.isOver) await turns.next()
    if (draft.resource && draft.type !== 'Bundle') await checkDraft(context, plan, draft)
  }
}

async function checkDraft(context: Context, plan: DraftPlan, draft: Draft): Promise<void> {
  const { baseUrl, checksReferencesOnWrite } = context.services
  const wanted = new Map<string, { type: string; id: string; path: string }>()
  walkReferences(draft.resource!, ({ text, isReference, path }) => {
    const target = parseReference(text, baseUrl)
    if (target.kind !== 'local' || !context.services.registry.isResourceType(target.type)) return
    if (target.type !== 'Binary' && !(isReference && checksReferencesOnWrite)) return
    wanted.set(`${target.type}/${target.id}`, { type: target.type, id: target.id, path })
  })
  for (const [reference, { type, id, path }] of wanted) {
    if (await exists(context, plan, type, id)) continue
    draft.issues.push({
      severity: 'error',
      code: 'not-found',
      rule: 'reference-target',
      diagnostics: `${path} refers to ${reference}, which is not known here`,
      text: {
        fr: `${path} désigne ${reference}, qui est inconnu ici.`,
        en: `${path} refers to ${reference}, which is not known here.`,
      },
      expression: [path],
    })
  }
}

async function exists(
  context: Context,
  plan: DraftPlan,
  type: string,
  id: string,
): Promise<boolean> {
  const inPlan = plan.drafts.find((draft) => draft.type === type && draft.id === id)
  if (inPlan) return inPlan.resource !== undefined
  const version = await context.store.readReferenced(type, id)
  return version !== undefined && !version.deleted
}

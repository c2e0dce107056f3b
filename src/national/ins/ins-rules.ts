/**
 * The INS as a server rule: keys checked, one qualified INS for one patient, nothing unqualified
 * leaves. Decisions 29 to 34, 70 and 71; identity-agenda-messaging §2.
 */
import type { InsMayTravel } from '../../access/guarded-store.ts'
import { Conflict } from '../../errors.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context, NationalRules } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import type { OutwardForm } from '../../interactions/rules.ts'
import { checkIdentifierKeys, type KeySettings } from './identifier-keys.ts'
import { readIns, type Ins } from './ins-oids.ts'
import { insIssue } from './ins-rule-texts.ts'
import { objectsIn } from './patient-elements.ts'
import { isQualifiedIdentity } from './trust-status.ts'
import { withheldForm } from './withhold-ins.ts'

/** In the envelope of a Patient whose identity is qualified. */
const qualifiedLabel = 'urn:passerelle:identity|qualifiee'

export function createInsRules(settings: KeySettings): NationalRules {
  return {
    name: 'ins',
    prepare: keepWithheldIdentifiers,
    check: async (plan, context) => {
      for (const draft of plan.drafts) {
        if (!draft.resource) continue
        draft.issues.push(...checkIdentifierKeys(draft.resource, settings))
        if (draft.type === 'Patient') await checkPatient(draft, plan, context)
      }
    },
    labelsOf: ({ type, resource }) =>
      type === 'Patient' && resource && isQualifiedIdentity(resource) ? [qualifiedLabel] : [],
    outwardForm: findOutwardForm,
  }
}

/** A Patient's own whole form never travels when it was stored with another; others follow their patients. */
export const insMayTravel: InsMayTravel = async (version, readPatient) => {
  if (version.type === 'Patient' || version.envelope.patients.length === 0) return false
  for (const id of version.envelope.patients) {
    const patient = await readPatient(id)
    if (!patient?.envelope.labels.includes(qualifiedLabel)) return false
  }
  return true
}

const nothingTravels = { insMayTravel: () => false }

async function findOutwardForm(
  draft: Draft,
  plan: DraftPlan,
  context: Context,
): Promise<OutwardForm | undefined> {
  const form = draft.resource && withheldForm(draft.resource, nothingTravels)
  if (!form) return undefined
  return {
    form,
    isIndexed: draft.type === 'Patient' || !(await isRecordQualified(draft, plan, context)),
  }
}

/** Whether every patient that the resource is about is qualified now, or by this same plan. */
async function isRecordQualified(
  draft: Draft,
  plan: DraftPlan,
  context: Context,
): Promise<boolean> {
  const ids = patientIdsOf(draft, context)
  for (const id of ids) {
    const planned = plan.drafts.find((other) => other.type === 'Patient' && other.id === id)
    const isQualified = planned?.resource
      ? isQualifiedIdentity(planned.resource)
      : (await context.store.read('Patient', id))?.envelope.labels.includes(qualifiedLabel)
    if (!isQualified) return false
  }
  return ids.length > 0
}

function patientIdsOf({ type, resource }: Draft, { services }: Context): readonly string[] {
  const codes = services.registry.patientCompartment(type)
  return services
    .extract(resource!)
    .flatMap((entry) =>
      entry.kind === 'reference' &&
      entry.type === 'Patient' &&
      entry.id !== undefined &&
      codes.includes(entry.code)
        ? [entry.id]
        : [],
    )
}

/**
 * Whoever does not receive an INS cannot send it back: their update keeps what they did not see,
 * unless they bring another INS (decisions 70 and 88).
 */
async function keepWithheldIdentifiers(plan: DraftPlan, context: Context): Promise<void> {
  for (const draft of plan.drafts) {
    if (draft.type !== 'Patient' || !draft.resource || !draft.stored || draft.stored.deleted)
      continue
    const whole = await context.store.readWhole('Patient', draft.id)
    if (!whole?.withheld || draft.stored.withheld) continue
    if (insOf(draft.resource).length > 0) continue
    const withheld = objectsIn(toResource(context, whole).identifier).filter((identifier) =>
      readIns(identifier),
    )
    draft.resource = {
      ...draft.resource,
      identifier: [...objectsIn(draft.resource.identifier), ...withheld],
    }
  }
}

function insOf(patient: Resource): readonly Ins[] {
  return objectsIn(patient.identifier).flatMap((identifier) => readIns(identifier) ?? [])
}

async function checkPatient(draft: Draft, plan: DraftPlan, context: Context): Promise<void> {
  const all = insOf(draft.resource!)
  if (all.length === 0) return
  if (!isQualifiedIdentity(draft.resource!)) {
    draft.issues.push(
      insIssue({
        rule: 'ins-not-qualified',
        severity: 'warning',
        expression: 'Patient.identifier',
        diagnostics:
          'The identity is not qualified: the INS is stored, and left out of every answer',
      }),
    )
    return
  }
  for (const identifier of objectsIn(draft.resource!.identifier)) {
    const ins = readIns(identifier)
    if (ins && identifier.use !== 'old') await requireUnique(ins, draft, { plan, context })
  }
}

/** Decision 33: a second patient with the same qualified INS is 409; no merge happens by itself. */
async function requireUnique(
  ins: Ins,
  draft: Draft,
  { plan, context }: { plan: DraftPlan; context: Context },
): Promise<void> {
  const { ids, precondition } = await context.store.match(
    'Patient',
    { kind: 'token', code: 'identifier', tokens: [{ system: ins.system, value: ins.value }] },
    2,
  )
  if (ids.some((id) => id !== draft.id)) {
    throw new Conflict('Another Patient already has this qualified INS; nothing was stored', {
      code: 'duplicate',
      issues: [
        insIssue({
          rule: 'ins-unique',
          expression: 'Patient.identifier',
          diagnostics: 'Another Patient already has this qualified INS; nothing was stored',
        }),
      ],
    })
  }
  plan.preconditions.push(precondition)
}

/**
 * The INS as a server rule: keys checked, one qualified INS for one patient, nothing unqualified
 * leaves. Decisions 29 to 34, 70 and 71; identity-agenda-messaging §2.
 */
import type { InsMayTravel } from '../../access/guard-parts.ts'
import { Conflict } from '../../errors.ts'
import type { Issue } from '../../fhir/operation-outcome.ts'
import { isObject, type Resource } from '../../fhir/resource.ts'
import type { Context, NationalRules } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import type { OutwardForm } from '../../interactions/rules.ts'
import { checkIdentifierKeys, type KeySettings } from './identifier-keys.ts'
import { withoutBareMatricules } from './exact-search.ts'
import { insAuthorityOf, readIns, type Ins } from './ins-oids.ts'
import { insIssue } from './ins-rule-texts.ts'
import { objectsIn, patientInsProfile } from './patient-elements.ts'
import { isQualifiedIdentity } from './trust-status.ts'
import { withKept } from './keep-withheld.ts'
import { withheldForm } from './withhold-ins.ts'

/** In the envelope of a Patient whose identity is qualified. */
const qualifiedLabel = 'urn:passerelle:identity|qualifiee'
const othersInsLabel = 'urn:passerelle:identity|ins-of-others'

export function createInsRules(settings: KeySettings): NationalRules {
  return {
    name: 'ins',
    prepare: async (plan, context) => {
      for (const draft of plan.drafts) {
        draft.issues.push(...newKeyIssues(draft, context, settings))
        if (draft.resource?.resourceType === 'Patient')
          draft.issues.push(...checkNiaUse(draft.resource))
      }
      await keepWithheld(plan, context)
    },
    check: async (plan, context) => {
      for (const draft of plan.drafts)
        if (draft.type === 'Patient' && draft.resource) await checkPatient(draft, plan, context)
    },
    labelsOf: ({ type, resource }) =>
      type === 'Patient' && resource
        ? [
            ...(isQualifiedIdentity(resource) ? [qualifiedLabel] : []),
            ...(namesOthersIns(resource) ? [othersInsLabel] : []),
          ]
        : [],
    outwardForm: findOutwardForm,
    restrictSearch: withoutBareMatricules,
  }
}

const niaUses: readonly unknown[] = ['official', 'old', 'temp']

/** Where the profile is claimed whose own check is relaxed (ins-relaxations.ts). */
function checkNiaUse(patient: Resource): readonly Issue[] {
  const profiles =
    isObject(patient.meta) && Array.isArray(patient.meta.profile) ? patient.meta.profile : []
  const isClaimed = profiles.some(
    (profile) => String(profile).split('|', 1)[0] === patientInsProfile,
  )
  if (!isClaimed) return []
  return objectsIn(patient.identifier).flatMap(({ system, use }, index) =>
    insAuthorityOf(system)?.kind !== 'INS-NIA' || use === undefined || niaUses.includes(use)
      ? []
      : insIssue({
          rule: 'ins-use',
          expression: `Patient.identifier[${index}].use`,
          diagnostics: `The use of the INS-NIA in Patient.identifier[${index}] is ${JSON.stringify(use)}; allowed: official, old, temp`,
        }),
  )
}

/** Of a patch only what it brought: what was stored before was judged when it came. */
function newKeyIssues(
  { method, resource, stored }: Draft,
  context: Context,
  settings: KeySettings,
): readonly Issue[] {
  const issues = resource ? checkIdentifierKeys(resource, settings) : []
  if (method !== 'PATCH' || !stored || issues.length === 0) return issues
  const known = checkIdentifierKeys(toResource(context, stored), settings)
  const texts = new Set(known.map(({ rule, diagnostics }) => `${rule} ${diagnostics}`))
  return issues.filter(({ rule, diagnostics }) => !texts.has(`${rule} ${diagnostics}`))
}

/**
 * The condition is on the record, as it stands now (decision 70). A version of the Patient itself
 * must moreover have been qualified when it was written.
 */
export const insMayTravel: InsMayTravel = async (version, readPatient) => {
  const { type, id, envelope } = version
  if (type === 'Patient') {
    if (!envelope.labels.includes(qualifiedLabel)) return false
    if (envelope.labels.includes(othersInsLabel)) return false
  }
  const patients = type === 'Patient' ? [id] : envelope.patients
  for (const patientId of patients) {
    const patient = await readPatient(patientId)
    if (!patient?.envelope.labels.includes(qualifiedLabel)) return false
  }
  return patients.length > 0
}

/** Whether a Patient repeats the INS of another record (link.other): its own status says nothing of that. */
function namesOthersIns(patient: Resource): boolean {
  const own = insOf(patient)
  const isOwn = ({ system, value }: Ins) =>
    own.some((ins) => ins.system === system && ins.value === value)
  return withheldForm(patient, { insMayTravel: isOwn }) !== undefined
}

const nothingTravels = { insMayTravel: () => false }

/**
 * Every resource with an INS has a form without it, so that what the identity becomes later decides.
 * Searches see the INS of a qualified Patient; elsewhere it is found through the Patient only.
 */
function findOutwardForm({ resource }: Draft): OutwardForm | undefined {
  const form = resource && withheldForm(resource, nothingTravels)
  if (!form) return undefined
  return { form, isIndexed: resource.resourceType !== 'Patient' || !isQualifiedIdentity(resource) }
}

/**
 * Whoever does not receive an INS cannot send it back: their update keeps what they did not see,
 * unless they bring another INS (decisions 70 and 88).
 */
async function keepWithheld(plan: DraftPlan, context: Context): Promise<void> {
  for (const draft of plan.drafts) {
    const { type, id, resource, stored } = draft
    if (!resource || !stored || stored.deleted) continue
    const whole = await context.store.readWhole(type, id)
    if (!whole?.withheld || stored.withheld || whole.versionId !== stored.versionId) continue
    const known = { whole: toResource(context, whole), shown: toResource(context, stored) }
    draft.resource = withKept(known, resource)
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
  const isPlanned = plan.drafts.some(
    (other) =>
      other !== draft &&
      other.type === 'Patient' &&
      other.resource &&
      isQualifiedIdentity(other.resource) &&
      insOf(other.resource).some(
        ({ system, value }) => system === ins.system && value === ins.value,
      ),
  )
  const { ids, precondition } = await context.store.matchForRules(
    'Patient',
    { kind: 'token', code: 'identifier', tokens: [{ system: ins.system, value: ins.value }] },
    2,
  )
  if (isPlanned || ids.some((id) => id !== draft.id)) {
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

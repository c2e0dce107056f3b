/** $mask and $unmask on a document: the PATCH of its labels under another name. decision 45; TD3.3a, TD3.3b. */
import { isObject, type JsonValue, type Resource } from '../fhir/resource.ts'
import type { Context } from '../interactions/context.ts'
import type { Outcome } from '../interactions/outcome.ts'
import { patch, toResource } from '../interactions/patch.ts'
import { requireReadable } from '../interactions/read.ts'
import type { OutboxEvent } from '../store/commit-plan.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { OperationInput } from './operation-input.ts'

const visibilitySystem =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
const actCodeSystem = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

/** What stands when no label is left (decision 46): a list is never empty. */
const normal = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }],
}

const codes = {
  professionals: 'MASQUE_PS',
  patient: 'INVISIBLE_PATIENT',
  representatives: 'INVISIBLE_REPRESENTANTS_LEGAUX',
} as const

export interface MaskRequest {
  readonly id: string
  readonly isMasking: boolean
  readonly body: Resource | undefined
}

export async function maskDocument(
  context: Context,
  { id, isMasking, body }: MaskRequest,
): Promise<Outcome> {
  const input = new OperationInput(isMasking ? 'mask' : 'unmask', body)
  input.allowOnly('from')
  const from = input.oneOf('from', ['professionals', 'patient', 'representatives'])
  const code = codes[from]
  const version = await requireReadable(context, { type: 'DocumentReference', id })
  const { securityLabel = [] } = toResource(context, version)
  const labels = (Array.isArray(securityLabel) ? securityLabel : []).filter(
    (label) => !bears(label, code),
  )
  const mask = isMasking ? [{ coding: [{ system: visibilitySystem, code }] }] : []
  const left: JsonValue[] = [...mask, ...labels]
  const value: JsonValue = left.length > 0 ? left : [normal]
  return patch(context, {
    type: 'DocumentReference',
    target: { id },
    isLabelling: true,
    ifMatch: `W/"${version.versionId}"`,
    events: [eventOf(context, version, { kind: isMasking ? 'mask' : 'unmask', from })],
    patch: { format: 'json-patch', operations: [{ op: 'add', path: '/securityLabel', value }] },
  })
}

function eventOf(
  { store }: Context,
  { id, envelope }: StoredVersion,
  { kind, from }: { readonly kind: string; readonly from: string },
): OutboxEvent {
  const by = store.caller.user ?? store.caller.client ?? store.caller.kind
  const [patient = ''] = envelope.patients
  return {
    kind: `access-${kind}`,
    data: { document: `DocumentReference/${id}`, patient, from, by },
  }
}

/** NOPAT is INVISIBLE_PATIENT under its HL7 name (decision 11). */
function bears(label: JsonValue, code: string): boolean {
  if (!isObject(label) || !Array.isArray(label.coding)) return false
  return label.coding.some(
    (coding) =>
      isObject(coding) &&
      ((coding.system === visibilitySystem && coding.code === code) ||
        (code === 'INVISIBLE_PATIENT' &&
          coding.system === actCodeSystem &&
          coding.code === 'NOPAT')),
  )
}

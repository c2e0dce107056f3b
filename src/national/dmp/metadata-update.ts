/**
 * A PATCH of a fiche: only status, securityLabel and isArchived may change; each change makes a new
 * entryUUID. PDSm 3.1.1 flux 03; decisions 4, 8 to 10, 46, 68 and 69.
 */
import { isObject, type JsonObject, type JsonValue, type Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { Draft, DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import { isArchivedUrl } from './dmp-codes.ts'
import { dmpIssue, dmpRefusal } from './dmp-issue.ts'
import { entryUuidClaim, makeEntryUuid, objectsOf, withEntryUuid } from './document-parts.ts'
import { checkLabels, normalizeLabels, visibilityOf } from './security-labels.ts'

const statuses = new Set(['current', 'superseded', 'entered-in-error'])

/**
 * Checks a PATCH of a governed fiche, and makes the next version of what is stored: the patch was
 * applied to what the caller saw, which may lack an INS (decision 70). Throws 405 and 422.
 */
export async function settleMetadataUpdate(
  plan: DraftPlan,
  draft: Draft & { resource: Resource },
  context: Context,
): Promise<void> {
  const before = toResource(context, draft.stored!)
  requireOnlyMetadata(before, draft.resource)
  const { status } = draft.resource
  if (typeof status !== 'string' || !statuses.has(status)) {
    throw dmpRefusal(422, {
      rule: 'pdsm-patch-value',
      code: 'code-invalid',
      expression: 'DocumentReference.status',
      diagnostics: `status ${JSON.stringify(status)} is none of current, superseded, entered-in-error${corrected(status)}`,
    })
  }
  if (status === 'current' && before.status === 'superseded')
    await requireNotReplaced(plan, draft, context)
  const labels = settleLabels(draft, before) ?? before.securityLabel
  const { extension: _, securityLabel: __, ...whole } = await wholeResource(draft, context)
  const extension = [...otherExtensions(before), ...archivedExtensions(draft.resource)]
  draft.resource = withNewEntryUuid(plan, {
    ...(whole as Resource),
    status,
    ...(extension.length > 0 ? { extension } : {}),
    ...(labels === undefined ? {} : { securityLabel: labels as JsonValue }),
  })
}

/** What is stored of a fiche, whatever the caller saw of it. */
export async function wholeResource(
  { type, id, stored }: Pick<Draft, 'type' | 'id' | 'stored'>,
  context: Context,
): Promise<Resource> {
  const whole = await context.store.readWhole(type, id)
  return toResource(context, whole?.versionId === stored?.versionId ? whole! : stored!)
}

/** Every version of the metadata has an entryUUID of its own, which no other document can take. */
export function withNewEntryUuid(plan: DraftPlan, resource: Resource): Resource {
  const value = makeEntryUuid()
  plan.claims.push(entryUuidClaim(value))
  return withEntryUuid(resource, value)
}

function corrected(status: JsonValue | undefined): string {
  const trimmed = typeof status === 'string' ? status.trim().toLowerCase() : ''
  return statuses.has(trimmed) ? `; did you mean "${trimmed}"?` : ''
}

const changeable = new Set(['status', 'securityLabel', 'extension', 'meta', 'text'])

function requireOnlyMetadata(before: Resource, after: Resource): void {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  for (const name of names) {
    if (isSame(before[name], after[name])) continue
    if (!changeable.has(name) || name === 'text') throw refusedElement(name)
    if (name === 'extension' && !isSame(otherExtensions(before), otherExtensions(after)))
      throw refusedElement(name)
    if (name === 'meta' && !isSame(ownMeta(before), ownMeta(after))) throw refusedElement(name)
  }
  const archived = archivedExtensions(after)
  if (
    archived.length > 1 ||
    archived.some(({ valueBoolean }) => typeof valueBoolean !== 'boolean')
  ) {
    throw dmpRefusal(422, {
      rule: 'pdsm-patch-value',
      code: 'value',
      expression: 'DocumentReference.extension',
      diagnostics:
        'The isArchived extension stands once, with valueBoolean true or false (no quotation marks)',
    })
  }
}

function refusedElement(name: string): Error {
  return dmpRefusal(
    405,
    {
      rule: 'pdsm-patch-element',
      code: 'not-supported',
      expression: `DocumentReference.${name}`,
      diagnostics: `The patch changes DocumentReference.${name}; only status, securityLabel and the isArchived extension may change`,
    },
    { allow: 'GET, HEAD, PATCH, OPTIONS' },
  )
}

function otherExtensions(resource: Resource): JsonObject[] {
  return objectsOf(resource.extension).filter(({ url }) => url !== isArchivedUrl)
}

function archivedExtensions(resource: Resource): JsonObject[] {
  return objectsOf(resource.extension).filter(({ url }) => url === isArchivedUrl)
}

/** meta without what the server sets at every version. */
function ownMeta(resource: Resource): JsonValue {
  if (!isObject(resource.meta)) return {}
  const { versionId: _, lastUpdated: __, ...rest } = resource.meta
  return rest
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** The labels after normalisation; undefined when the patch did not touch them. */
function settleLabels(
  draft: Draft & { resource: Resource },
  before: Resource,
): readonly JsonValue[] | undefined {
  if (isSame(before.securityLabel, draft.resource.securityLabel)) return undefined
  const labels = draft.resource.securityLabel
  if (labels !== undefined && !Array.isArray(labels)) {
    throw dmpRefusal(422, {
      rule: 'pdsm-label',
      code: 'structure',
      expression: 'DocumentReference.securityLabel',
      diagnostics:
        'securityLabel is a list of CodeableConcept: [{"coding": [{"system": "...", "code": "N"}]}]',
    })
  }
  const issues = checkLabels(labels)
  if (issues.length > 0) {
    draft.issues.push(...issues)
    return undefined
  }
  const normalized = normalizeLabels(labels ?? [])
  const lifted = [...visibilityOf(before.securityLabel)].filter(
    (code) => !visibilityOf([...normalized]).has(code),
  )
  if (lifted.length > 0) {
    draft.issues.push(
      dmpIssue({
        rule: 'pdsm-label-lifted',
        severity: 'warning',
        expression: 'DocumentReference.securityLabel',
        diagnostics: `The change lifted ${lifted.join(', ')}`,
      }),
    )
  }
  return normalized
}

/** Decision 68: superseded does not become current again while a current document replaces it. */
async function requireNotReplaced(
  plan: DraftPlan,
  draft: Draft & { resource: Resource },
  context: Context,
): Promise<void> {
  const { ids, precondition } = await context.store.matchForRules(
    'DocumentReference',
    {
      kind: 'and',
      clauses: [
        {
          kind: 'reference',
          code: 'relatesto',
          references: [{ type: 'DocumentReference', id: draft.id }],
        },
        { kind: 'token', code: 'relation', tokens: [{ value: 'replaces' }] },
        { kind: 'token', code: 'status', tokens: [{ value: 'current' }] },
      ],
    },
    1,
  )
  if (ids.length === 0) {
    plan.preconditions.push(precondition)
    return
  }
  throw dmpRefusal(422, {
    rule: 'pdsm-restored-while-replaced',
    expression: 'DocumentReference.status',
    diagnostics: 'A document that is current replaces this one',
  })
}

/**
 * A document's entryUUID is made anew with each version of its metadata, so the retry of a lot names
 * what it supersedes by a name that its first try took away. Decision 4.
 */
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/context.ts'
import type { DraftPlan } from '../../interactions/draft.ts'
import { toResource } from '../../interactions/patch.ts'
import { parseQueryString } from '../../interactions/query-string.ts'
import type { StoredVersion } from '../../store/stored-version.ts'
import { findByMaster } from './deposit-identity.ts'
import { versionOfCommit } from './deposit-retry.ts'
import { entryUuidsOf, objectsOf } from './document-parts.ts'

/** Of one patient's documents, as many are looked at. */
const documentsMax = 1000

/** The document that bore the entryUUID until the first try of this very lot changed it. */
export async function formerBearer(
  { bundle }: DraftPlan,
  context: Context,
  { type, query }: { readonly type: string; readonly query: string },
): Promise<string | undefined> {
  const entryUuid = type === 'DocumentReference' ? entryUuidIn(query) : undefined
  if (entryUuid === undefined || !bundle) return undefined
  for (const { resource } of objectsOf(bundle.entry)) {
    const fiche = resource as Resource | undefined
    if (fiche?.resourceType !== 'DocumentReference') continue
    const first = await findByMaster({ resource: fiche }, context)
    const found = first && (await findChanged(context, first, entryUuid))
    if (found !== undefined) return found
  }
  return undefined
}

function entryUuidIn(query: string): string | undefined {
  const named = parseQueryString(query).filter(([name]) => name === 'identifier')
  const value = named.length === 1 ? named[0]![1].split('|').at(-1)! : ''
  return value.startsWith('urn:uuid:') ? value.toLowerCase() : undefined
}

/** Among the documents of the patient: changed by the commit of `first`, and of that name before. */
async function findChanged(
  context: Context,
  { sequence, envelope }: StoredVersion,
  entryUuid: string,
): Promise<string | undefined> {
  const type = 'DocumentReference'
  const references = envelope.patients.map((id) => ({ type: 'Patient', id }))
  const where = { kind: 'reference', code: 'patient', references } as const
  const { ids } = await context.store.matchForRules(type, where, documentsMax)
  for (const id of ids) {
    const changed = await versionOfCommit(context, { type, id }, sequence)
    if (changed?.sequence !== sequence || changed.versionId === 1) continue
    const before = await context.store.readVisibleVersion(type, id, changed.versionId - 1)
    const names = before ? entryUuidsOf(toResource(context, before)) : []
    if (names.some((name) => name.toLowerCase() === entryUuid)) return id
  }
  return undefined
}

/** The read interaction. R4 http.html#read, http.html#cread. */
import { Gone, NotFound } from '../errors.ts'
import type { TypedId } from '../fhir/resource.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { Context } from './context.ts'
import type { Outcome } from './outcome.ts'
import { isNotModified, type Preconditions } from './preconditions.ts'

export async function read(
  context: Context,
  target: TypedId,
  conditions: Preconditions,
): Promise<Outcome> {
  const version = await requireReadable(context, target)
  return isNotModified(conditions, version) ? { status: 304, version } : { status: 200, version }
}

/** The newest version. Throws NotFound, or Gone when it was deleted or counts as deleted. */
export async function requireReadable(context: Context, target: TypedId): Promise<StoredVersion> {
  const reference = `${target.type}/${target.id}`
  const version = await context.store.read(target.type, target.id)
  if (!version) throw new NotFound(reference)
  if (version.deleted) throw new Gone(reference)
  await checkRead(context, version)
  return version
}

/** Asks the national rules whether a stored version may be shown. Throws what they throw. */
export async function checkRead(context: Context, version: StoredVersion): Promise<void> {
  for (const rule of context.services.rules) {
    if (rule.checkRead) await rule.checkRead(version, context)
  }
}

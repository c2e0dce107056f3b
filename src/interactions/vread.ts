/** The vread interaction. R4 http.html#vread */
import { Gone, NotFound } from '../errors.ts'
import type { TypedId } from '../fhir/resource.ts'
import type { Context } from './context.ts'
import type { Outcome } from './outcome.ts'
import { checkRead } from './read.ts'
import { isNotModified, type Preconditions } from './preconditions.ts'

export async function vread(
  context: Context,
  { type, id }: TypedId,
  versionId: string,
  conditions: Preconditions,
): Promise<Outcome> {
  const reference = `${type}/${id}/_history/${versionId}`
  if (!/^[1-9]\d{0,9}$/.test(versionId)) throw new NotFound(reference)
  const version = await context.store.readVersion(type, id, Number(versionId))
  if (!version) throw new NotFound(reference)
  if (version.deleted) throw new Gone(reference)
  await checkRead(context, version)
  return isNotModified(conditions, version) ? { status: 304, version } : { status: 200, version }
}

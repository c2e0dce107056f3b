/** What is included as its references name it: the version, where they name one. R4 search.html#versions. */
import { FhirError } from '../errors.ts'
import type { SearchPage } from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { NamedVersions } from '../store/version-names.ts'
import type { Context } from './context.ts'

/** A version that is not there, or not for this caller, is left out like any absent target. */
export async function includedVersions(
  context: Context,
  { included, namedVersions = [] }: SearchPage,
): Promise<readonly StoredVersion[]> {
  if (namedVersions.length === 0) return included
  const shown: StoredVersion[] = []
  for (const newest of included) {
    const named = namedVersions.find(({ type, id }) => type === newest.type && id === newest.id)
    if (named) shown.push(...(await readNamed(context, named)))
    if (!named || named.isNewestToo) shown.push(newest)
  }
  return shown
}

async function readNamed(
  { store }: Context,
  { type, id, versionIds }: NamedVersions,
): Promise<StoredVersion[]> {
  const found: StoredVersion[] = []
  for (const versionId of versionIds) {
    if (!/^[1-9]\d{0,9}$/.test(versionId)) continue
    try {
      const version = await store.readVersion(type, id, Number(versionId))
      if (version && !version.deleted) found.push(version)
    } catch (error) {
      if (!(error instanceof FhirError)) throw error
    }
  }
  return found
}

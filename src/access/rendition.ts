/** Parts of a stored version as the guard gives them out. */
import type { Caller } from '../auth/caller.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { StoredVersion } from '../store/stored-version.ts'

/** The same version with another rendition; getters of the original stay lazy. */
export function withBody(
  version: StoredVersion,
  body: Buffer,
  slots: readonly number[],
): StoredVersion {
  return Object.create(version, {
    body: { value: body, enumerable: true },
    slots: { value: slots, enumerable: true },
    withheld: { value: undefined, enumerable: true },
  }) as StoredVersion
}

/** Who deposited it receives what is withheld; others when a rule lets it travel (decision 30). */
export async function receivesWithheld(
  version: StoredVersion,
  { organization }: Caller,
  mayTravel: () => Promise<boolean>,
): Promise<boolean> {
  const depositor = version.envelope.depositor.organization
  return (depositor !== undefined && depositor === organization) || mayTravel()
}

/** Throws when the version has no content. */
export function requireBlob(version: StoredVersion): BlobReference {
  if (!version.blob) throw new Error(`${version.type}/${version.id} has no blob`)
  return version.blob
}

/** `trace` is told of everything that the request reaches. */

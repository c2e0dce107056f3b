/** Which versions the references of a page name: an include owes those. R4 search.html#versions. */
import type { StoredVersion } from './stored-version.ts'

/** A resource that was included for references of which some name another version than the newest. */
export interface NamedVersions {
  readonly type: string
  readonly id: string
  readonly versionIds: readonly string[]
  /** Some references name no version, or the resource was included for another reason. */
  readonly isNewestToo: boolean
}

export interface VersionNames {
  /** A reason to include a resource: a reference, of which `versionId` undefined names no version. */
  add(type: string, id: string, versionId?: string): void
  /** What was included as the newest, though references name other versions. */
  others(included: readonly StoredVersion[]): readonly NamedVersions[]
}

export function createVersionNames(): VersionNames {
  const named = new Map<string, Set<string | undefined>>()
  let hasVersions = false
  return {
    add(type, id, versionId) {
      if (versionId !== undefined) hasVersions = true
      const key = `${type}/${id}`
      const versionIds = named.get(key)
      if (versionIds) versionIds.add(versionId)
      else named.set(key, new Set([versionId]))
    },
    others(included) {
      if (!hasVersions) return []
      return included.flatMap(({ type, id, versionId }) => {
        const names = [...(named.get(`${type}/${id}`) ?? [])]
        const isNewest = (name: string | undefined) =>
          name === undefined || name === String(versionId)
        const versionIds = names.filter((name): name is string => !isNewest(name)).toSorted()
        if (versionIds.length === 0) return []
        return [{ type, id, versionIds, isNewestToo: names.some(isNewest) }]
      })
    },
  }
}

/** Order of versions: semantic versioning where the text allows it, plain text order otherwise. */

interface Version {
  readonly numbers: readonly number[]
  /** After the hyphen: `snapshot`, `ballot`, `snapshot-2`; undefined for a release. */
  readonly label: string | undefined
}

function parseVersion(text: string): Version {
  const [, release = '', label] = /^v?([\d.]*)(?:[-+]?(.+))?$/.exec(text) ?? [undefined, '', text]
  const numbers = release.split('.').filter(Boolean).map(Number)
  return { numbers, label }
}

/** Negative when `left` is older. A labelled version (snapshot, ballot) is below its release. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parseVersion(left), parseVersion(right)]
  const length = Math.max(a.numbers.length, b.numbers.length)
  for (let i = 0; i < length; i++) {
    const difference = (a.numbers[i] ?? 0) - (b.numbers[i] ?? 0)
    if (difference !== 0) return difference
  }
  if (a.label === b.label) return 0
  if (a.label === undefined) return 1
  if (b.label === undefined) return -1
  return a.label.localeCompare(b.label, 'en', { numeric: true })
}

/** Whether a version is a release rather than a snapshot, ballot or other preview. */
export function isRelease(version: string): boolean {
  return parseVersion(version).label === undefined
}

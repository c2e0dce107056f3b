/** Everything in a document or message is linked to its first entry. R4 documents.html#content. */
import { allReferences, findEntries } from './resolution.ts'
import type { BundleEntry, Run } from './run.ts'

export function checkReachability(
  entries: readonly BundleEntry[],
  type: 'document' | 'message',
  run: Run,
): void {
  const links = entries.map((entry) => targetsOf(entry, run))
  const forward = reach(links, [0])
  const backward = new Set(forward)
  // An entry that points at something reached belongs too, and so does what points at it.
  const pointing = entries.map((_, index) => index)
  const reverse: number[][] = entries.map(() => [])
  for (const from of pointing) for (const to of links[from]!) reverse[to]!.push(from)
  const both = links.map((targets, index) => [...targets, ...reverse[index]!])
  for (const index of reach(both, [0])) backward.add(index)
  for (const { index, resource, fullUrl } of entries) {
    if (!resource || forward.has(index)) continue
    const name = fullUrl ?? `${resource.resourceType}`
    if (!backward.has(index)) {
      const wrong = `Entry '${name}' isn't reachable by links from the first entry`
      const severity = type === 'document' ? 'error' : 'warning'
      run.reportAt(['entry', index], 'bundle-reachability', wrong, severity)
    } else if (resource.resourceType !== 'Provenance' && type === 'document') {
      const advice = `Entry '${name}' isn't reachable by traversing forwards from the Composition`
      run.reportAt(['entry', index], 'bundle-reachability', advice, 'warning')
    }
  }
}

function targetsOf(entry: BundleEntry, run: Run): number[] {
  if (!entry.resource) return []
  const targets = new Set<number>()
  for (const reference of allReferences(entry.resource, run)) {
    for (const { index } of findEntries(reference, entry.fullUrl, run.scope)) targets.add(index)
  }
  return [...targets]
}

function reach(links: readonly (readonly number[])[], from: readonly number[]): Set<number> {
  const reached = new Set(from)
  const waiting = [...from]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const target of links[next] ?? []) {
      if (reached.has(target)) continue
      reached.add(target)
      waiting.push(target)
    }
  }
  return reached
}

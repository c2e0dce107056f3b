/** A CPU profile as self time per folder. */
import type { Profiler } from 'node:inspector'

/** Milliseconds by the name of a folder or of what is none. */
export type SelfTimes = Readonly<Record<string, number>>

/** By thread: `main`, or the name of the file that a worker runs. */
export type ThreadTimes = Readonly<Record<string, SelfTimes>>

export function summarizeProfile({
  nodes,
  samples = [],
  timeDeltas = [],
}: Profiler.Profile): SelfTimes {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map<number, number>()
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id)
  const folders = new Map<number, string>()
  const folderOf = (id: number): string => {
    let folder = folders.get(id)
    if (folder === undefined) {
      const parent = parents.get(id)
      folder = nameOf(byId.get(id)!) ?? (parent === undefined ? 'other' : folderOf(parent))
      folders.set(id, folder)
    }
    return folder
  }
  const times: Record<string, number> = {}
  for (const [index, id] of samples.entries()) {
    const folder = folderOf(id)
    times[folder] = (times[folder] ?? 0) + (timeDeltas[index] ?? 0) / 1000
  }
  return times
}

const sqliteCalls = new Set(['run', 'get', 'all', 'exec', 'prepare', 'iterate'])

/** Undefined: counts to whoever called it. */
function nameOf({ callFrame: { url, functionName } }: Profiler.ProfileNode): string | undefined {
  if (functionName === '(garbage collector)') return 'gc'
  if (functionName === '(idle)') return 'idle'
  if (functionName === '(program)') return 'native'
  if (functionName === '(root)') return 'other'
  if (url === '') {
    if (sqliteCalls.has(functionName)) return 'SQLite'
    return functionName === 'writev' ||
      functionName === 'writeBuffer' ||
      functionName.startsWith('writeLatin1')
      ? 'socket write'
      : undefined
  }
  if (url.startsWith('node:')) return nodePart(url)
  const own = /\/src\/(store\/sqlite|national|[a-z]+)\//.exec(url)
  if (own) return own[1]!
  const dependency = /\/node_modules\/(@[^/]+\/[^/]+|[^/]+)\//.exec(url)
  return dependency ? dependency[1]! : 'other'
}

function nodePart(url: string): string {
  if (/crypto/.test(url)) return 'node crypto'
  if (/worker|messag/.test(url)) return 'node messages'
  if (/modules|loader/.test(url)) return 'node modules'
  if (/inspector/.test(url)) return 'idle'
  if (/http|net|stream|timers|events/.test(url)) return 'node http and streams'
  return 'node rest'
}

/** `json 21 %, search 12 %, ...` of the time that was not idle. */
export function formatTimes(times: SelfTimes, shown = 8): string {
  const busy = Object.entries(times).filter(([name]) => name !== 'idle')
  const total = busyMilliseconds(times)
  if (total === 0) return 'idle'
  return busy
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, shown)
    .map(([name, time]) => `${name} ${Math.round((100 * time) / total)} %`)
    .join(', ')
}

export function busyMilliseconds(times: SelfTimes): number {
  return Object.entries(times).reduce(
    (sum, [name, time]) => (name === 'idle' ? sum : sum + time),
    0,
  )
}

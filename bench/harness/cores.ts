/** Which core runs what, so that load generator and server do not take each other's time. */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export interface Cores {
  /** Of the server and of every floor: all threads of one process share it. */
  readonly server: string
  readonly load: string
  /** False where there is no `taskset`, or only one core: nothing is pinned then. */
  readonly arePinned: boolean
}

export function chooseCores(): Cores {
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0
  return { server: '0', load: '1', arePinned: hasTaskset && availableParallelism() > 1 }
}

/** Moves this process, which is the load generator, to its core. */
export function pinLoad({ load, arePinned }: Cores): void {
  if (arePinned) spawnSync('taskset', ['-a', '-c', '-p', load, String(process.pid)])
}

/** The command that runs Node on the server's core. */
export function nodeCommand(
  { server, arePinned }: Cores,
  argv: readonly string[],
): [string, string[]] {
  return arePinned
    ? ['taskset', ['-c', server, process.execPath, ...argv]]
    : [process.execPath, [...argv]]
}

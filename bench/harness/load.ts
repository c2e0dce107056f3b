/** One stretch of load on one port: how many replies, how fast, at what price. */
import type { Child } from './child.ts'
import { Connection } from './http-client.ts'

export interface LoadOptions {
  readonly port: number
  readonly connections: number
  readonly milliseconds: number
  /** The request of a number; undefined ends the stretch early. */
  readonly requestOf: (number: number) => Buffer | string | undefined
  /** Whose time is counted. */
  readonly server?: Child
}

export interface LoadResult {
  readonly replies: number
  readonly seconds: number
  readonly perSecond: number
  readonly medianMicroseconds: number
  /** Of the server, all threads, for one reply; NaN where it cannot be told. */
  readonly cpuMicroseconds: number
  /** How much of its one core the server used. */
  readonly cpuShare: number
}

/** Throws when a reply is not 2xx: a wrong answer is no speed. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { port, connections, milliseconds, requestOf, server } = options
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)))
  const latencies: number[] = []
  let number = 0
  const cpuBefore = server?.cpuMicroseconds() ?? Number.NaN
  const started = performance.now()
  const until = started + milliseconds
  try {
    await Promise.all(
      open.map(
        (connection) =>
          new Promise<void>((resolve, reject) => {
            connection.keepsBodies = false
            const next = (): void => {
              const request = performance.now() < until ? requestOf(number++) : undefined
              if (request === undefined) return resolve()
              const sent = performance.now()
              connection.start(
                request,
                ({ status, body }) => {
                  if (status < 200 || status > 299)
                    return reject(
                      new Error(`a reply had status ${status}: ${body.toString().slice(0, 500)}`),
                    )
                  latencies.push(performance.now() - sent)
                  next()
                },
                reject,
              )
            }
            next()
          }),
      ),
    )
  } finally {
    for (const connection of open) connection.close()
  }
  const seconds = (performance.now() - started) / 1000
  const cpu = (server?.cpuMicroseconds() ?? Number.NaN) - cpuBefore
  return {
    replies: latencies.length,
    seconds,
    perSecond: latencies.length / seconds,
    medianMicroseconds: median(latencies) * 1000,
    cpuMicroseconds: cpu / latencies.length,
    cpuShare: cpu / 1e6 / seconds,
  }
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

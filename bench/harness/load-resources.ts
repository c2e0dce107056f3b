/** Fills a server through HTTP, as an import does, and watches its memory. */
import { recordBundle } from '../data/transactions.ts'
import type { Resident } from './child.ts'
import { Connection, postRequest } from './http-client.ts'
import type { RunningServer } from './server-process.ts'

export interface LoadingFacts {
  readonly resources: number
  readonly seconds: number
  /** Megabytes, at equal distances. */
  readonly residentAt: readonly Resident[]
}

const connections = 4
const samples = 20

export async function loadResources(
  server: RunningServer,
  patients: number,
): Promise<LoadingFacts> {
  const started = performance.now()
  const residentAt: Resident[] = []
  let next = 0
  let resources = 0
  const work = async (): Promise<void> => {
    const connection = await Connection.open(server.port)
    while (next < patients) {
      const index = next++
      if (index % Math.ceil(patients / samples) === 0)
        residentAt.push(server.child.residentMegabytes())
      const { status, body } = await connection.send(postRequest('/fhir', recordBundle(index)))
      if (status !== 200)
        throw new Error(`loading was refused (${status}): ${body.toString().slice(0, 1000)}`)
      resources += (JSON.parse(body.toString()) as { entry: unknown[] }).entry.length
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, work))
  residentAt.push(server.child.residentMegabytes())
  return { resources, seconds: (performance.now() - started) / 1000, residentAt }
}

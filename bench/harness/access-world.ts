/**
 * One record served twice: to the sandbox's callers, and with AUTH=open. Both servers run on copies
 * of the same data folder, the audit journal on; whoever is not asked costs nothing.
 */
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { recordLots, type RecordLot } from '../data/record.ts'
import { getRequest, postRequest, withToken, type Reply } from './http-client.ts'
import { ask, type RunningServer } from './server-process.ts'
import type { Workbench } from './workbench.ts'

export interface RecordDocument {
  readonly id: string
  /** As a search names it: `system|value`. */
  readonly identifier: string
}

export interface AccessWorld {
  readonly sandbox: RunningServer
  readonly open: RunningServer
  readonly patient: string
  /** Tokens for the sandbox's server. */
  readonly citizen: string
  /** A physician in a care relation: everything but what is masked. */
  readonly specialist: string
  readonly shown: readonly RecordDocument[]
  /** To professionals, so to the specialist. */
  readonly hidden: readonly RecordDocument[]
}

const worlds = new WeakMap<Workbench, Promise<AccessWorld>>()

/** Made once for a bench. */
export function accessWorld(bench: Workbench): Promise<AccessWorld> {
  const world = worlds.get(bench) ?? openWorld(bench)
  worlds.set(bench, world)
  return world
}

async function openWorld(bench: Workbench): Promise<AccessWorld> {
  const filled = join(bench.folder, 'access')
  const documents = await fill(bench, filled)
  const [forCallers, forAll] = [`${filled}-sandbox`, `${filled}-open`]
  for (const copy of [forCallers, forAll]) {
    cpSync(filled, copy, { recursive: true })
    rmSync(join(copy, 'lock'), { force: true })
  }
  const sandbox = await bench.serve(forCallers, { env: { AUTH: 'sandbox' } })
  const open = await bench.serve(forAll, { env: { AUTH: 'open' } })
  const { callerOf } = await callersOf(sandbox.port)
  const { patient = '', token: citizen } = callerOf('Citoyenne')
  const { token: specialist } = callerOf('Spécialiste en relation de soin')
  return { sandbox, open, patient, citizen, specialist, ...documents }
}

interface ListedCaller {
  readonly name: string
  readonly patient?: string
  readonly token: string
}

async function callersOf(port: number) {
  const { status, body } = await ask(port, getRequest('/sandbox/callers.json'))
  if (status !== 200) throw new Error(`the sandbox's callers are not told: ${status}`)
  const callers = JSON.parse(body.toString()) as readonly ListedCaller[]
  const callerOf = (name: string): ListedCaller => {
    const caller = callers.find((one) => one.name === name)
    if (!caller) throw new Error(`the sandbox has no caller "${name}"`)
    return caller
  }
  return { callerOf }
}

const readyMilliseconds = 120_000

/** The demonstration data with its access records, and the documents of the long record. */
async function fill(
  bench: Workbench,
  folder: string,
): Promise<Pick<AccessWorld, 'shown' | 'hidden'>> {
  const server = await bench.serve(folder, { env: { AUTH: 'sandbox', DEMO_DATA: 'on' } })
  try {
    await untilReady(server)
    const { callerOf } = await callersOf(server.port)
    const { patient = '' } = callerOf('Citoyenne')
    const { token } = callerOf('Logiciel du laboratoire')
    const [shown, hidden]: [RecordDocument[], RecordDocument[]] = [[], []]
    for (const lot of recordLots(patient)) {
      const reply = await ask(server.port, withToken(postRequest('/fhir', lot.body), token))
      const documents = lot.isMasked ? hidden : shown
      documents.push(documentOf(lot, reply))
    }
    return { shown, hidden }
  } finally {
    await server.stop()
  }
}

async function untilReady({ port, child }: RunningServer): Promise<void> {
  const until = performance.now() + readyMilliseconds
  while ((await ask(port, getRequest('/health/ready'))).status !== 200) {
    if (performance.now() > until)
      throw new Error(`the demonstration data was not loaded: ${child.output.slice(-2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function documentOf({ masterIdentifier }: RecordLot, { status, body }: Reply): RecordDocument {
  if (status !== 200)
    throw new Error(`a lot was refused (${status}): ${body.toString().slice(0, 1000)}`)
  const { entry } = JSON.parse(body.toString()) as {
    readonly entry: readonly { readonly response: { readonly location?: string } }[]
  }
  const locations = entry.map(({ response }) => response.location ?? '')
  const id = locations
    .map((location) => /DocumentReference\/([^/]+)/.exec(location)?.[1])
    .find(Boolean)
  if (id === undefined) throw new Error(`no document is among ${locations.join(', ')}`)
  return { id, identifier: `${masterIdentifier.system}|${masterIdentifier.value}` }
}

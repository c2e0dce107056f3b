/** How long the event loop stands still while large bodies pass. */
import { aLotOf } from '../data/lots.ts'
import { transactionOf } from '../data/transactions.ts'
import { aDocumentReference } from '../data/resources.ts'
import { createRandom } from '../../src/demo/random.ts'
import type { Figure, Result } from '../harness/figure.ts'
import { postRequest } from '../harness/http-client.ts'
import { median } from '../harness/load.ts'
import { ask } from '../harness/server-process.ts'
import type { Workbench } from '../harness/workbench.ts'
import { prepareLots } from './lots.ts'

async function longestBlock(
  bench: Workbench,
  bodies: readonly string[],
): Promise<{ block: number; seconds: number }> {
  const { port, child } = await bench.server()
  const blocks: number[] = []
  const times: number[] = []
  for (const body of bodies) {
    const request = postRequest('/fhir', body)
    await child.ask('loop-start')
    const started = performance.now()
    const { status, body: reply } = await ask(port, request)
    times.push((performance.now() - started) / 1000)
    blocks.push(await child.ask<number>('loop-stop'))
    if (status !== 200) throw new Error(`refused (${status}): ${reply.toString().slice(0, 1000)}`)
  }
  return { block: median(blocks), seconds: median(times) }
}

async function blocks(bench: Workbench): Promise<readonly Result[]> {
  await prepareLots(await bench.server())
  const count = bench.options.rounds
  const lots = Array.from({ length: count }, (_, index) =>
    aLotOf(5 * 1024 * 1024, `large-${index}`),
  )
  const random = createRandom('thousand')
  const transactions = Array.from({ length: count }, () =>
    JSON.stringify(
      transactionOf(
        Array.from({ length: 1000 }, () => aDocumentReference(random.integer(0, 99), random)),
      ),
    ),
  )
  const lot = await longestBlock(bench, lots)
  const transaction = await longestBlock(bench, transactions)
  return [
    {
      work: 'longest block of the event loop, lot of 5 MB',
      value: lot.block,
      unit: 'ms',
      detail: `median of ${count}; the lot took ${(lot.seconds * 1000).toFixed(0)} ms`,
    },
    {
      work: 'longest block of the event loop, transaction of 1 000 entries',
      value: transaction.block,
      unit: 'ms',
      detail: `median of ${count}; the transaction took ${(transaction.seconds * 1000).toFixed(0)} ms`,
      where: await bench.profile(async () => longestBlock(bench, [transactions[0]!])),
    },
  ]
}

export const eventLoop: readonly Figure[] = [{ name: 'block', run: blocks }]

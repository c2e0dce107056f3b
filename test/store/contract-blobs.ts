/** Bytes kept outside the rows. */
import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { NotFound } from '../../src/errors.ts'
import type { ResourceStore } from '../../src/store/resource-store.ts'
import type { ContractTest } from './contract.ts'
import { aWrite, write } from './plans.ts'

async function store(store: ResourceStore, ...chunks: (string | Buffer)[]) {
  const writer = store.blobs.create()
  for (const chunk of chunks) await writer.write(Buffer.from(chunk))
  return writer.finish()
}

export function blobContract(test: ContractTest): void {
  test('keeps a blob written in pieces, with its size and hashes', async (t, openStore) => {
    const opened = await openStore(t)
    const blob = await store(opened, 'Bon', '', 'jour')
    t.equal(blob.sizeBytes, 7)
    t.equal(blob.sha1, createHash('sha1').update('Bonjour').digest('base64'))
    t.equal(blob.sha256, createHash('sha256').update('Bonjour').digest('hex'))
    t.equal((await opened.blobs.read(blob)).toString(), 'Bonjour')
    t.equal((await buffer(opened.blobs.open(blob))).toString(), 'Bonjour')
  })

  test('keeps equal blobs apart', async (t, openStore) => {
    const opened = await openStore(t)
    const [one, two] = [await store(opened, 'same'), await store(opened, 'same')]
    t.not(one.key, two.key)
  })

  test('reads a range of a blob, both ends included', async (t, openStore) => {
    const opened = await openStore(t)
    const blob = await store(opened, 'Bonjour')
    const part = async (start: number, end: number) =>
      (await buffer(opened.blobs.open(blob, { start, end }))).toString()
    t.equal(await part(0, 2), 'Bon')
    t.equal(await part(3, 3), 'j')
    t.equal(await part(3, 6), 'jour')
  })

  test('keeps an empty blob and a large one', async (t, openStore) => {
    const opened = await openStore(t)
    t.equal((await opened.blobs.read(await store(opened))).length, 0)
    const large = Buffer.alloc(3_000_000, 'abc')
    const blob = await store(opened, large.subarray(0, 1_000_000), large.subarray(1_000_000))
    t.ok(large.equals(await buffer(opened.blobs.open(blob))))
  })

  test('drops what was aborted, whenever that is', async (t, openStore) => {
    const opened = await openStore(t)
    await opened.blobs.create().abort()
    const writer = opened.blobs.create()
    await writer.write(Buffer.from('x'))
    await writer.abort()
    await writer.abort()
  })

  test('answers NotFound for a blob that is gone', async (t, openStore) => {
    const opened = await openStore(t)
    const blob = { ...(await store(opened, 'x')), key: '00000000-0000-4000-8000-000000000000' }
    await t.rejects(opened.blobs.read(blob), NotFound)
    await t.rejects(async () => buffer(opened.blobs.open(blob)), NotFound)
  })

  test('gives back the blob that a version names', async (t, openStore) => {
    const opened = await openStore(t)
    const blob = await store(opened, 'Bonjour')
    await write(opened, aWrite({ type: 'Binary', id: 'b', more: { blob } }))
    const stored = await opened.read('Binary', 'b')
    t.same(stored?.blob, blob)
    t.equal((await opened.blobs.read(stored!.blob!)).toString(), 'Bonjour')
  })
}

import { appendFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ChainWriter } from '../../src/audit/chain-writer.ts'
import type { AuditRecord } from '../../src/audit/journal.ts'
import { createMemoryJournal } from '../../src/audit/memory-journal.ts'
import { Unavailable } from '../../src/errors.ts'
import { openJournal } from '../../src/audit/open-journal.ts'
import { decodePayload, packRecords, unpack } from '../../src/audit/record-codec.ts'
import { SegmentReserve } from '../../src/audit/segment-reserve.ts'
import { walkSegment } from '../../src/audit/segment-walk.ts'
import { verifyJournal } from '../../src/audit/verify-journal.ts'
import { aFolder, aRecord, everything, records, requestIds } from './records.ts'

const small = { segmentBytes: 8192, spares: 2 }

t.test('keeps every field of a record', async (t) => {
  const full: AuditRecord = aRecord({
    interaction: '$emergency-access',
    action: 'E',
    outcome: 'refused',
    status: 403,
    part: 300,
    agent: {
      kind: 'professional',
      user: 'Practitioner/1',
      practitioner: 'https://rpps.esante.gouv.fr|10001234567',
      profession: '10',
      organization: 'https://finess.esante.gouv.fr|750000001',
      client: 'logiciel',
      display: 'Zoé Œuvray',
    },
    purpose: 'centre_15',
    reason: 'Détresse vitale',
    entities: ['Patient/p1', 'List/l1'],
    entitiesOmitted: 40,
    query: 'identifier=***',
    sequence: 2 ** 40,
  })
  const bare = aRecord({ agent: { kind: 'open' }, entities: [] })
  const back = [...unpack(packRecords([full, bare]))].map(decodePayload)
  t.same(back, [
    { kind: 'own', record: full },
    { kind: 'own', record: bare },
  ])
})

t.test('goes on where an earlier process ended, over many segments', async (t) => {
  const folder = aFolder(t)
  const all = records(200)
  for (const part of [all.slice(0, 90), all.slice(90)]) {
    const journal = await openJournal({ folder, ...small })
    for (const record of part) await journal.append([record])
    await journal.close()
  }
  const [report] = verifyJournal(folder)
  t.match(report, { records: 200, isTorn: false, broken: undefined })
  t.ok(report!.segments > 2, 'several segments were filled')
  const journal = await openJournal({ folder, ...small })
  await journal.traces.settle()
  const found = journal.traces.page(everything(), { max: 500 })
  t.same(requestIds(found), all.map(({ requestId }) => requestId).toReversed())
  await journal.close()
})

t.test('answers the same from files and from memory', async (t) => {
  const file = await openJournal({ folder: aFolder(t), ...small })
  const memory = createMemoryJournal()
  const given = [
    ...records(20),
    ...records(5, { patient: 'p2', agent: { kind: 'citizen', user: 'Patient/p1' } }).map(
      (record, part) => ({ ...record, requestId: `other-${part}`, action: 'U' as const }),
    ),
  ]
  for (const journal of [file, memory]) {
    await journal.append(given)
    await journal.traces.settle()
  }
  const start = Date.UTC(2026, 0, 1)
  const queries = [
    everything(),
    everything({ patients: [{ ids: ['p1'], subjectOnly: true }] }),
    everything({ patients: [{ ids: ['p1'], subjectOnly: false }] }),
    everything({ patients: [{ ids: ['p1', 'p2'], subjectOnly: true }] }),
    everything({ from: start + 2000, to: start + 5000 }),
    everything({ action: 'U', outcome: '0' }),
    everything({ outcome: '8' }),
    everything({ asOf: 0 }),
  ]
  for (const query of queries) {
    const key = file.traces.page(query, { max: 100 })[3]?.key
    for (const place of [{}, ...(key ? [{ after: key }, { before: key }] : [])]) {
      const [a, b] = [file, memory].map((journal) =>
        journal.traces.page(query, { ...place, max: 7 }),
      )
      t.same(requestIds(a!), requestIds(b!))
    }
    t.equal(file.traces.count(query, 1000), memory.traces.count(query, 1000))
  }
  const [newest] = file.traces.page(everything(), { max: 1 })
  t.same(file.traces.find(newest!.key)?.content, memory.traces.find(newest!.key)?.content)
  t.equal(file.traces.find('0'.repeat(32)), undefined)
  await file.close()
})

t.test('keeps a record once that comes twice, and chains what is missing alone', async (t) => {
  const folder = aFolder(t)
  const journal = await openJournal({ folder, ...small })
  const [first, second, third] = records(3)
  await journal.append([first!, second!])
  await journal.appendMissing([first!, second!, third!])
  await journal.appendMissing([first!, third!])
  await journal.traces.settle()
  t.equal(journal.traces.count(everything(), 100), 3)
  await journal.close()
  t.equal(verifyJournal(folder)[0]!.records, 3)
})

t.test('makes the projection again when it is missing or damaged', async (t) => {
  const folder = aFolder(t)
  const open = () => openJournal({ folder, ...small })
  let journal = await open()
  await journal.append(records(60))
  await journal.close()
  for (const damage of [
    () =>
      readdirSync(folder)
        .filter((name) => name.startsWith('projection'))
        .forEach((name) => rmSync(join(folder, name))),
    () => writeFileSync(join(folder, 'projection.db'), 'no database'),
  ]) {
    damage()
    journal = await open()
    await journal.traces.settle()
    t.equal(journal.traces.count(everything(), 100), 60)
    await journal.close()
  }
})

t.test('cuts a torn tail and keeps what stands before it', async (t) => {
  const folder = aFolder(t)
  let journal = await openJournal({ folder, ...small })
  await journal.append(records(5))
  await journal.close()
  const file = join(folder, 'journal-00000001.seg')
  const { end } = walkSegment(file)
  const bytes = readFileSync(file)
  const torn = [...unpack(packRecords(records(1)))][0]!
  bytes.writeUInt32LE(torn.length, end)
  torn.copy(bytes, end + 4, 0, 20)
  writeFileSync(file, bytes)
  t.match(verifyJournal(folder)[0], { records: 5, isTorn: true, broken: undefined })
  const findings: unknown[] = []
  const log = { finding: (one: unknown) => findings.push(one), alarm: () => {}, head: () => {} }
  journal = await openJournal({ folder, ...small, log })
  t.match(findings, [{ kind: 'cut', offset: end }])
  await journal.append([aRecord({ requestId: 'after the crash' })])
  await journal.close()
  t.match(verifyJournal(folder)[0], { records: 6, isTorn: false, broken: undefined })
})

t.test('goes around damage that is no torn tail, and leaves it to be looked at', async (t) => {
  const folder = aFolder(t)
  let journal = await openJournal({ folder, ...small })
  await journal.append(records(5))
  await journal.close()
  const file = join(folder, 'journal-00000001.seg')
  const bytes = readFileSync(file)
  bytes[bytes.indexOf('request-2')] = 0x52
  writeFileSync(file, bytes)
  const findings: unknown[] = []
  const log = { finding: (one: unknown) => findings.push(one), alarm: () => {}, head: () => {} }
  journal = await openJournal({ folder, ...small, log })
  t.match(findings, [{ kind: 'damaged', file: 'journal-00000001.seg' }])
  await journal.append([aRecord({ requestId: 'after the damage' })])
  await journal.close()
  t.ok(readFileSync(file).equals(bytes), 'the damaged segment is left as it was')
  t.match(verifyJournal(folder)[0]!.broken, { record: 2, file: 'journal-00000001.seg' })
})

t.test('writes on inside the reserve when the disk is full, then refuses', async (t) => {
  const folder = aFolder(t)
  let isFull = false
  const allocate = async (file: string, bytes: number) => {
    if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
    writeFileSync(file, Buffer.alloc(bytes))
  }
  const segmentBytes = 4096
  const reserve = new SegmentReserve({ folder, segmentBytes, spares: 4, allocate })
  await reserve.refill()
  const chain = { folder, chain: 'journal', segmentBytes, reserve, now: Date.now } as const
  const writer = new ChainWriter(chain)
  isFull = true
  const payload = Buffer.alloc(400, 1)
  let written = 0
  let halfAt = 0
  const fill = async () => {
    for (;;) {
      writer.append([payload])
      written += 1
      await reserve.refill()
      if (halfAt === 0 && reserve.used(writer.bytesLeft) >= 0.5) halfAt = written
    }
  }
  await t.rejects(fill(), { code: 'ENOSPC' })
  t.equal(written, 4 * Math.floor((segmentBytes - 128) / 436), 'four segments were used')
  t.ok(
    halfAt > written * 0.3 && halfAt < written * 0.7,
    `half is told of at ${halfAt} of ${written}`,
  )
  t.ok(reserve.used(writer.bytesLeft) > 0.95)
  isFull = false
  await reserve.refill()
  writer.append([payload])
  t.equal(reserve.used(writer.bytesLeft), 0)
  writer.close()
  t.match(verifyJournal(folder)[0], { records: written + 1, broken: undefined })
})

t.test('appends no part of a group that fails', async (t) => {
  const folder = aFolder(t)
  const allocate = async () => {
    throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  }
  const reserve = new SegmentReserve({ folder, segmentBytes: 4096, spares: 1, allocate })
  const writer = new ChainWriter({
    folder,
    chain: 'journal',
    segmentBytes: 4096,
    reserve,
    now: Date.now,
  })
  writer.append([Buffer.alloc(3000, 1)])
  await reserve.refill()
  t.throws(() => writer.append([Buffer.alloc(2000, 2)]))
  t.equal(writer.head.records, 1)
  writer.append([Buffer.alloc(100, 3)])
  writer.close()
  t.match(verifyJournal(folder)[0], { records: 2, broken: undefined })
})

t.test('refuses once closed', async (t) => {
  for (const journal of [
    await openJournal({ folder: aFolder(t), ...small }),
    createMemoryJournal(),
  ]) {
    await journal.append([aRecord()])
    await journal.close()
    await t.rejects(journal.append([aRecord()]), Unavailable)
  }
})

t.test('does not open a folder whose journal cannot be written', async (t) => {
  const folder = aFolder(t)
  appendFileSync(join(folder, 'file'), '')
  await t.rejects(openJournal({ folder: join(folder, 'file') }))
})

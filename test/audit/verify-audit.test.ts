import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { verifyAudit } from '../../src/cli/verify-audit.ts'
import { openJournal } from '../../src/audit/open-journal.ts'
import { frameOverhead } from '../../src/audit/segment-format.ts'
import { walkSegment } from '../../src/audit/segment-walk.ts'
import { verifyJournal } from '../../src/audit/verify-journal.ts'
import { aFolder, aRecord, everything, records, requestIds } from './records.ts'

const count = 60
const segment = (number: number) => `journal-0000000${number}.seg`

/** A journal of sixty records in at least three segments, projected and closed. */
async function aJournal(t: Test): Promise<string> {
  const folder = aFolder(t)
  const journal = await openJournal({ folder, segmentBytes: 4096, spares: 1 })
  for (const record of records(count)) await journal.append([record])
  await journal.close()
  return folder
}

interface Place {
  readonly offset: number
  readonly size: number
}

function framesOf(file: string): Place[] {
  const places: Place[] = []
  walkSegment(file, (payload, offset) =>
    places.push({ offset, size: payload.length + frameOverhead }),
  )
  return places
}

function change(folder: string, name: string, edit: (bytes: Buffer, frames: Place[]) => Buffer) {
  const file = join(folder, name)
  writeFileSync(file, edit(readFileSync(file), framesOf(file)))
}

/** Takes a range out and fills up with zeros, as if it had never been there. */
function without(bytes: Buffer, { offset, size }: Place): Buffer {
  return Buffer.concat([
    bytes.subarray(0, offset),
    bytes.subarray(offset + size),
    Buffer.alloc(size),
  ])
}

function forgetProjection(folder: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith('projection')) rmSync(join(folder, name))
}

const tamperings: Record<
  string,
  { readonly act: (folder: string) => void; readonly file: string; readonly record?: number }
> = {
  'a record that was changed': {
    act: (folder) =>
      change(folder, segment(1), (bytes, frames) => {
        bytes[frames[3]!.offset + 20]! ^= 1
        return bytes
      }),
    file: segment(1),
    record: 4,
  },
  'the last record of a segment that was changed': {
    act: (folder) =>
      change(folder, segment(1), (bytes, frames) => {
        bytes[frames.at(-1)!.offset + 20]! ^= 1
        return bytes
      }),
    file: segment(1),
  },
  'the very last record that was changed': {
    act: (folder) =>
      change(folder, lastSegment(folder), (bytes, frames) => {
        bytes[frames.at(-1)!.offset + 20]! ^= 1
        return bytes
      }),
    file: 'last',
    record: count,
  },
  'a record that was removed': {
    act: (folder) => change(folder, segment(1), (bytes, frames) => without(bytes, frames[5]!)),
    file: segment(1),
    record: 6,
  },
  'records that changed places': {
    act: (folder) =>
      change(folder, segment(2), (bytes, frames) => {
        const [a, b] = [frames[1]!, frames[2]!]
        return Buffer.concat([
          bytes.subarray(0, a.offset),
          bytes.subarray(b.offset, b.offset + b.size),
          bytes.subarray(a.offset, a.offset + a.size),
          bytes.subarray(b.offset + b.size),
        ])
      }),
    file: segment(2),
  },
  'a record that was put in twice': {
    act: (folder) =>
      change(folder, segment(1), (bytes, frames) => {
        const { offset, size } = frames[0]!
        const copy = bytes.subarray(offset, offset + size)
        return Buffer.concat([bytes.subarray(0, offset), copy, bytes.subarray(offset)])
      }),
    file: segment(1),
    record: 2,
  },
  'a changed header': {
    act: (folder) =>
      change(folder, segment(2), (bytes) => {
        bytes[40]! ^= 1
        return bytes
      }),
    file: segment(2),
  },
  'a segment that is missing': {
    act: (folder) => rmSync(join(folder, segment(2))),
    file: segment(3),
  },
  'the first segment that is missing': {
    act: (folder) => rmSync(join(folder, segment(1))),
    file: segment(2),
    record: 1,
  },
  'segments that changed places': {
    act: (folder) => {
      renameSync(join(folder, segment(1)), join(folder, 'x'))
      renameSync(join(folder, segment(2)), join(folder, segment(1)))
      renameSync(join(folder, 'x'), join(folder, segment(2)))
    },
    file: segment(1),
    record: 1,
  },
  'the last records that were cut off': {
    act: (folder) =>
      change(folder, lastSegment(folder), (bytes, frames) => {
        bytes.fill(0, frames.at(-2)!.offset)
        return bytes
      }),
    file: 'last',
    record: count - 1,
  },
  'a whole last segment that was cut off': {
    act: (folder) => rmSync(join(folder, lastSegment(folder))),
    file: 'before last',
  },
}

function lastSegment(folder: string): string {
  return readdirSync(folder)
    .filter((name) => name.startsWith('journal-'))
    .toSorted()
    .at(-1)!
}

for (const [name, { act, file, record }] of Object.entries(tamperings)) {
  t.test(`names ${name}`, async (t) => {
    const folder = await aJournal(t)
    t.equal(verifyJournal(folder)[0]!.broken, undefined)
    t.equal(verifyJournal(folder)[0]!.records, count)
    const before = lastSegment(folder)
    act(folder)
    const { broken } = verifyJournal(folder)[0]!
    t.ok(broken, 'it is found')
    if (file === 'last') t.equal(broken?.file, before)
    else if (file !== 'before last') t.equal(broken?.file, file)
    if (record !== undefined) t.equal(broken?.record, record)
  })
}

for (const name of [
  'the last records that were cut off',
  'a whole last segment that was cut off',
  'the very last record that was changed',
]) {
  t.test(`still names ${name} after the server wrote on`, async (t) => {
    const folder = await aJournal(t)
    tamperings[name]!.act(folder)
    const findings: unknown[] = []
    const log = { finding: (one: unknown) => findings.push(one), alarm: () => {}, head: () => {} }
    const journal = await openJournal({ folder, segmentBytes: 4096, spares: 1, log })
    t.match(findings, [{ kind: 'damaged' }])
    await journal.append([aRecord({ requestId: 'later', recorded: Date.UTC(2027, 0) })])
    await journal.traces.settle()
    const [newest] = requestIds(journal.traces.page(everything({ asOf: count + 1 }), { max: 1 }))
    t.equal(newest, 'later')
    await journal.close()
    t.ok(verifyJournal(folder)[0]!.broken)
  })
}

t.test('needs a witness to see that the end was cut off', async (t) => {
  const folder = await aJournal(t)
  const { records: number, head } = verifyJournal(folder)[0]!
  change(folder, lastSegment(folder), (bytes, frames) => {
    bytes.fill(0, frames.at(-1)!.offset)
    return bytes
  })
  forgetProjection(folder)
  t.equal(verifyJournal(folder)[0]!.broken, undefined, 'the chain alone does not show it')
  const anchor = { name: 'the anchor', records: number, hash: head }
  t.match(verifyJournal(folder, { anchors: [anchor] })[0]!.broken, { record: count })
})

t.test('sees by an anchor that the whole chain was written anew', async (t) => {
  const { records: number, head } = verifyJournal(await aJournal(t))[0]!
  const other = await aJournal(t)
  const anchor = { name: 'the anchor', records: number, hash: head }
  t.match(verifyJournal(other, { anchors: [anchor] })[0]!.broken, { record: count })
})

t.test(
  'as a command: 0 when unbroken, 1 and the place when broken, 2 without a journal',
  async (t) => {
    const folder = await aJournal(t)
    const run = async (...argv: string[]) => {
      let text = ''
      const write = t.capture(process.stdout, 'write', (chunk: string) => {
        text += chunk
        return true
      })
      const errors = t.capture(process.stderr, 'write', () => true)
      await verifyAudit(argv)
      write.restore()
      errors.restore()
      const code = process.exitCode
      process.exitCode = undefined
      return { text, code }
    }
    const good = await run(folder)
    t.equal(good.code, undefined)
    t.match(good.text, /journal: 60 records in \d segments, unbroken/)
    change(folder, segment(1), (bytes, frames) => without(bytes, frames[5]!))
    const bad = await run(folder)
    t.equal(bad.code, 1)
    t.match(bad.text, /BROKEN at record 6 \(journal-00000001\.seg, byte \d+\)/)
    t.equal((await run(join(folder, 'nowhere'))).code, 2)
  },
)

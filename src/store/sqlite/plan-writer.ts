/** Applies the writes of one checked plan to the open transaction. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Envelope } from '../stored-version.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import type { GrowingDictionary } from './dictionary.ts'
import type { PackHead, StoredTarget } from './entry-pack.ts'
import { readSentHead, writeStoredHead } from './entry-pack.ts'
import type { ResourceState, VersionPlace } from './fact-writer.ts'
import { FactWriter } from './fact-writer.ts'
import type { PeriodRow } from './index-rows.ts'
import { noRows, readRows, rowsOfPack, rowsWithout } from './index-rows.ts'
import type { PackedPlan, PackedWrite } from './packed-plan.ts'
import { deleteMethod, isUnsearchable, sortOfDate } from './packed-plan.ts'
import type { RowBatch } from './row-batch.ts'
import { versionKey } from './schema.ts'
import { rowOfBlob } from './small-blobs.ts'

const targetsRememberedMax = 50_000

/** The last numbers given; kept in the row of `state` at each commit. */
export interface Counters {
  sequence: number
  time: number
  rid: number
}

interface ResourceRow {
  readonly rid: number
  readonly tid: number
  /** The newest version before this plan; 0: none. */
  readonly version: number
}

/** One resource within one plan. */
interface Subject extends ResourceRow {
  readonly typeId: number
  /** The place of the plan's last write to it: only that one is indexed. */
  last: number
}

interface PreviousState extends ResourceState {
  readonly pack: Uint8Array | null
}

export class PlanWriter {
  readonly #dictionary: GrowingDictionary
  readonly #counters: Counters
  readonly #batch: RowBatch
  readonly #facts: FactWriter
  readonly #head = new ByteWriter()
  /** Patients and practitioners come again and again; a target's number never changes. */
  readonly #targets = new Map<string, number>()
  readonly #find: StatementSync
  readonly #add: StatementSync
  readonly #update: StatementSync
  readonly #addAlias: StatementSync
  readonly #addVersion: StatementSync
  readonly #findVersion: StatementSync
  readonly #addClaim: StatementSync
  readonly #addEvent: StatementSync
  readonly #addAudit: StatementSync
  readonly #addContent: StatementSync

  constructor(
    db: DatabaseSync,
    dictionary: GrowingDictionary,
    counters: Counters,
    batch: RowBatch,
  ) {
    this.#dictionary = dictionary
    this.#counters = counters
    this.#batch = batch
    this.#facts = new FactWriter(db, dictionary)
    this.#find = db.prepare('SELECT rid, tid, version FROM resource WHERE type = ? AND id = ?')
    this.#add = db.prepare(
      'INSERT INTO resource(type, id, rid, tid, version) VALUES (?, ?, ?, ?, ?)',
    )
    this.#update = db.prepare('UPDATE resource SET rid = ?, version = ? WHERE type = ? AND id = ?')
    this.#addAlias = db.prepare('INSERT INTO alias(rid, tid) VALUES (?, ?)')
    this.#addVersion = db.prepare(
      `INSERT INTO version(vid, type, id, seq, time, method, extra, blob, envelope, entries,
        withheld, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#findVersion = db.prepare(
      'SELECT method, extra, envelope, entries FROM version WHERE vid = ?',
    )
    this.#addClaim = db.prepare('INSERT INTO claim(claim, seq) VALUES (?, ?)')
    this.#addEvent = db.prepare('INSERT INTO outbox(seq, kind, data) VALUES (?, ?, ?)')
    this.#addAudit = db.prepare('INSERT INTO audit(seq, record) VALUES (?, ?)')
    this.#addContent = db.prepare('INSERT INTO content(key, bytes) VALUES (?, ?)')
  }

  /** After a rollback. */
  forget(): void {
    this.#targets.clear()
    this.#facts.forget()
  }

  /** Uses the next sequence number; the plan's preconditions must have been checked. */
  apply(plan: PackedPlan): void {
    const counters = this.#counters
    counters.sequence += 1
    counters.time = Math.max(counters.time, plan.time)
    const { sequence } = counters
    for (const claim of plan.claims) this.#addClaim.run(claim, sequence)
    // Every resource of the plan is numbered first: a reference within the plan finds its target.
    const subjects = this.#numberSubjects(plan.writes)
    for (const [index, write] of plan.writes.entries())
      this.#write(plan, write, subjects[index]!, index)
    for (const { kind, data } of plan.events)
      this.#addEvent.run(sequence, kind, JSON.stringify(data))
    if (plan.audit)
      this.#addAudit.run(sequence, plan.data.subarray(plan.audit.start, plan.audit.end))
  }

  #numberSubjects(writes: readonly PackedWrite[]): Subject[] {
    const known = new Map<string, Subject>()
    return writes.map((write, index) => {
      const key = `${write.type}/${write.id}`
      const subject = known.get(key) ?? this.#numberSubject(write)
      subject.last = index
      known.set(key, subject)
      return subject
    })
  }

  #numberSubject({ type, id, versionId }: PackedWrite): Subject {
    const typeId = this.#dictionary.ensureType(type)
    const known = this.#find.get(typeId, id) as ResourceRow | undefined
    if (known && known.rid > 0) {
      this.#update.run(known.rid, versionId, typeId, id)
      return { ...known, typeId, last: 0 }
    }
    const rid = ++this.#counters.rid
    if (known) {
      this.#update.run(rid, versionId, typeId, id)
      this.#addAlias.run(rid, known.tid)
    } else this.#add.run(typeId, id, rid, rid, versionId)
    return { rid, tid: known?.tid ?? rid, version: 0, typeId, last: 0 }
  }

  /** What references to this resource point to; a stub row when it was never seen. */
  #targetId(typeId: number, id: string): number {
    const key = `${typeId}/${id}`
    const remembered = this.#targets.get(key)
    if (remembered !== undefined) return remembered
    const known = this.#find.get(typeId, id) as ResourceRow | undefined
    const tid = known?.tid ?? ++this.#counters.rid
    if (!known) this.#add.run(typeId, id, 0, tid, 0)
    if (this.#targets.size >= targetsRememberedMax) this.#targets.clear()
    this.#targets.set(key, tid)
    return tid
  }

  #write(plan: PackedPlan, write: PackedWrite, subject: Subject, index: number): void {
    const { sequence, time } = this.#counters
    const { data } = plan
    const { rid, typeId } = subject
    for (const at of write.timesAt) writeTime(data, at, time)
    const { pack, head, reader } = this.#numberPack(data, write, typeId)
    this.#addVersion.run(
      versionKey(rid, write.versionId),
      typeId,
      write.id,
      sequence,
      time,
      write.method,
      write.extra,
      write.blob,
      write.envelope,
      pack,
      write.withheld ? data.subarray(write.withheld.start, write.withheld.end) : null,
      data.subarray(write.body.start, write.body.end),
    )
    if (write.content)
      this.#addContent.run(
        rowOfBlob(write.blob!)!,
        data.subarray(write.content.start, write.content.end),
      )
    const state: ResourceState = {
      envelope: JSON.parse(write.envelope) as Envelope,
      sort: write.sort,
      deleted: write.method === deleteMethod || write.unsearchable,
    }
    const version = { rid, typeId, versionId: write.versionId, sequence, time }
    if (write.versionId > 1) this.#facts.end(version)
    this.#facts.add(version, state, head.codes)
    if (subject.last !== index) return
    if (write.versionId > subject.version + 1)
      this.#update.run(rid, write.versionId, typeId, write.id)
    const previous = subject.version > 0 ? this.#previous(rid, subject.version) : undefined
    this.#facts.moveInCompartments(version, state, previous, (id) => this.#patientId(id))
    const periods = this.#index(version, state, previous, { head, reader })
    if (!state.deleted) this.#facts.checkClinical(typeId, state.sort, periods)
  }

  #patientId(id: string): number {
    return this.#targetId(this.#dictionary.ensureType('Patient'), id)
  }

  /** The pack with its head numbered, and its reader at the rows. */
  #numberPack(data: Uint8Array, { entries }: PackedWrite, typeId: number) {
    const dictionary = this.#dictionary
    const reader = new ByteReader(data, entries.start)
    const head: PackHead<StoredTarget> = readSentHead(reader, {
      code: (text) => dictionary.ensureParam(typeId, text),
      word: (text) => dictionary.ensureWord(text),
      target: (sentType, typeName, id) => {
        const targetType = sentType || dictionary.ensureType(typeName)
        return { tid: this.#targetId(targetType, id), typeId: targetType, id }
      },
    })
    if (head.codes.length === 0) return { pack: null, head, reader }
    this.#head.length = 0
    writeStoredHead(head, this.#head)
    this.#head.raw(data.subarray(reader.position, entries.end))
    return { pack: this.#head.bytes.subarray(0, this.#head.length), head, reader }
  }

  #previous(rid: number, versionId: number): PreviousState {
    const row = this.#findVersion.get(versionKey(rid, versionId))!
    const envelope = JSON.parse(String(row.envelope)) as Envelope
    return {
      envelope,
      sort: sortOfDate(envelope.date),
      deleted: row.method === deleteMethod || isUnsearchable(row.extra),
      pack: row.entries as Uint8Array | null,
    }
  }

  /** Adds the version's rows, or only what differs from the previous; gives its date rows. */
  #index(
    { rid, sequence }: VersionPlace,
    { sort }: ResourceState,
    previous: PreviousState | undefined,
    { head, reader }: { readonly head: PackHead<StoredTarget>; readonly reader: ByteReader },
  ): readonly PeriodRow[] {
    const batch = this.#batch
    const place = { rid, sort, since: sequence }
    if (!previous) {
      const before = batch.rows.period.length
      readRows(reader, head, place, batch.rows)
      return batch.rows.period.slice(before)
    }
    const rows = noRows()
    readRows(reader, head, place, rows)
    const old = previous.pack
      ? rowsOfPack(previous.pack, { ...place, sort: previous.sort })
      : noRows()
    batch.flush()
    batch.end(rowsWithout(old, rows), sequence)
    batch.add(rowsWithout(rows, old))
    return rows.period
  }
}

/** Writes the commit's time into a body, in place. */
function writeTime(data: Uint8Array, at: number, time: number): void {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  bytes.write(new Date(time).toISOString(), at, 'latin1')
}

/** The store as others see it: reads and searches on its own connection, writes by the thread. */
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import type { JsonObject } from '../../fhir/resource.ts'
import type { SearchRequest } from '../../search/search-request.ts'
import type { CommitPlan, CommitResult } from '../commit-plan.ts'
import type {
  AuditIntent,
  HistoryPage,
  HistoryRequest,
  ResourceStore,
  SearchPage,
  StoredEvent,
} from '../resource-store.ts'
import type { StoredVersion } from '../stored-version.ts'
import type { BlobFolder } from './blob-folder.ts'
import { Blobs } from './blobs.ts'
import { removeOrphans } from './blob-orphans.ts'
import { absent, CurrentVersions } from './current-versions.ts'
import { Dictionary } from './dictionary.ts'
import { EntryPacker } from './entry-pack.ts'
import type { FolderLock } from './folder-lock.ts'
import { runHistory } from './history.ts'
import { KeyedHash } from './keyed-hash.ts'
import { PlanPacker } from './packed-plan.ts'
import type { Snapshot } from './run-search.ts'
import { newestSequence, requireKept, runSearch } from './run-search.ts'
import { configureReader, versionKey } from './schema.ts'
import { SearchLookups } from './search-lookups.ts'
import { SmallBlobs } from './small-blobs.ts'
import { deriveSecret, indexKey } from './store-secret.ts'
import type { Row } from './statements.ts'
import { storedVersion, versionColumns } from './stored-row.ts'
import type { WriterClient } from './writer-client.ts'
import type { SharedState } from './writer-messages.ts'
import { viewShared } from './writer-messages.ts'

const tidyIntervalMs = 60_000
const orphanAgeMs = 3_600_000
const currentBytesMax = 16_777_216

export interface SqliteStoreParts {
  readonly file: string
  readonly blobFolder: string
  readonly files: BlobFolder
  readonly client: WriterClient
  readonly secret: Uint8Array
  readonly shared: SharedArrayBuffer
  readonly lock: FolderLock
  readonly now: () => number
  readonly pagingWindowMs: number
  readonly logger?: { warn(details: object, message: string): void }
}

export class SqliteStore implements ResourceStore {
  readonly blobs: Blobs
  readonly #small: SmallBlobs
  readonly #parts: SqliteStoreParts
  readonly #db: DatabaseSync
  readonly #current = new CurrentVersions(currentBytesMax)
  readonly #dictionary: Dictionary
  readonly #lookups: SearchLookups
  readonly #packer: PlanPacker
  readonly #shared: SharedState
  readonly #read: StatementSync
  readonly #readVersion: StatementSync
  readonly #findRid: StatementSync
  readonly #outbox: StatementSync
  readonly #intents: StatementSync
  readonly #isBlobNamed: StatementSync
  readonly #findClaim: StatementSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #timer: NodeJS.Timeout
  /** Type number and id. */
  #found: readonly [number, string] = [0, '']
  #isClosed = false
  #tidying: Promise<unknown> | undefined

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts
    const db = new DatabaseSync(parts.file, { readOnly: true })
    configureReader(db)
    this.#db = db
    this.#small = new SmallBlobs(db)
    this.blobs = new Blobs(this.#small, parts.files)
    this.#dictionary = new Dictionary(db)
    const hash = new KeyedHash(indexKey(parts.secret))
    this.#lookups = new SearchLookups(db, this.#dictionary, hash)
    this.#packer = new PlanPacker(new EntryPacker(hash, this.#dictionary), (blob) =>
      this.#small.staged(blob),
    )
    this.#shared = viewShared(parts.shared)
    this.#read = db.prepare(
      `SELECT ${versionColumns} FROM resource r CROSS JOIN version v
        ON v.vid = ((r.rid << 20) | r.version) WHERE r.type = ? AND r.id = ?`,
    )
    this.#read.setReturnArrays(true)
    this.#readVersion = db.prepare(`SELECT ${versionColumns} FROM version v WHERE v.vid = ?`)
    this.#readVersion.setReturnArrays(true)
    this.#findRid = db.prepare('SELECT rid FROM resource WHERE type = ? AND id = ? AND rid > 0')
    // The plus before a limit: see `limitTo`.
    this.#outbox = db.prepare(
      `SELECT position, seq AS sequence, kind, data FROM outbox
        WHERE position > ? ORDER BY position LIMIT +?`,
    )
    this.#intents = db.prepare(
      'SELECT seq, record FROM audit WHERE seq > ? ORDER BY position LIMIT +?',
    )
    this.#isBlobNamed = db.prepare('SELECT 1 FROM version WHERE blob = ?')
    this.#begin = db.prepare('BEGIN')
    this.#commit = db.prepare('COMMIT')
    this.#findClaim = db.prepare('SELECT 1 FROM claim WHERE claim = ?')
    this.#timer = setInterval(() => void this.tidy(), tidyIntervalMs)
    this.#timer.unref()
    this.#tidying = this.#removeOrphans()
  }

  async read(type: string, id: string): Promise<StoredVersion | undefined> {
    const known = this.#current.get(type, id)
    if (known) return known === absent ? undefined : known
    const typeId = this.#dictionary.typeId(type)
    const row = this.#read.get(typeId, id) as unknown as Row | undefined
    if (!row) {
      this.#readFound()
      this.#current.addAbsent({ type, id })
      return undefined
    }
    const version = storedVersion(type, id, row, 0)
    this.#current.add(version)
    this.#found = [typeId, id]
    return version
  }

  /** What is not there costs what is there costs: the row that was found last is read in its place. */
  #readFound(): void {
    const row = this.#read.get(...this.#found) as unknown as Row | undefined
    // Parsed, as whoever decides on a version has it parsed.
    if (row) void storedVersion('', '', row, 0).envelope
  }

  async readVersion(
    type: string,
    id: string,
    versionId: number,
  ): Promise<StoredVersion | undefined> {
    const found = this.#findRid.get(this.#dictionary.typeId(type), id)
    if (!found) return undefined
    const vid = versionKey(Number(found.rid), versionId)
    const row = this.#readVersion.get(vid) as unknown as Row | undefined
    return row && storedVersion(type, id, row, 0)
  }

  async history(request: HistoryRequest): Promise<HistoryPage> {
    return this.#onSnapshot(request.asOf, (snapshot) => runHistory(request, snapshot))
  }

  async search(request: SearchRequest): Promise<SearchPage> {
    const oldest = this.#parts.now() - this.#parts.pagingWindowMs
    return this.#onSnapshot(request.asOf, (snapshot) => runSearch(request, snapshot), oldest)
  }

  /** Several statements see one state; never longer than one call, so that the WAL can be emptied. */
  #onSnapshot<T>(asOf: number | undefined, run: (snapshot: Snapshot) => T, oldest?: number): T {
    this.#begin.run()
    try {
      const { sequence, horizon } = newestSequence(this.#lookups)
      this.#dictionary.lookAt(sequence)
      if (oldest !== undefined) requireKept(asOf, { horizon, oldest }, this.#lookups)
      return run({ lookups: this.#lookups, sequence })
    } finally {
      this.#commit.run()
    }
  }

  async commit(
    plan: CommitPlan,
    priority: 'interactive' | 'bulk' = 'interactive',
  ): Promise<CommitResult> {
    const { client, now, files } = this.#parts
    const blobs = plan.writes.flatMap(({ blob }) => blob ?? [])
    const settling = blobs.flatMap((blob) => files.settling(blob) ?? [])
    if (settling.length > 0) await Promise.all(settling)
    const packed = this.#packer.pack(plan, client.nextNumber(), now())
    this.#current.beginWrite(plan.writes)
    try {
      const result = await client.commit(packed, priority)
      for (const blob of blobs) this.#small.release(blob)
      return result
    } finally {
      this.#current.endWrite(plan.writes)
    }
  }

  async isClaimed(claim: string): Promise<boolean> {
    return this.#findClaim.get(claim) !== undefined
  }

  sequence(): number {
    return Number(Atomics.load(this.#shared.sequence, 0))
  }

  accessEpoch(): number {
    return Atomics.load(this.#shared.accessEpoch, 0)
  }

  secret(name: string): Buffer {
    return deriveSecret(this.#parts.secret, name)
  }

  async outbox(after: number, max: number): Promise<readonly StoredEvent[]> {
    return this.#outbox.all(after, max).map(({ position, sequence, kind, data }) => ({
      position: Number(position),
      sequence: Number(sequence),
      kind: String(kind),
      data: JSON.parse(String(data)) as JsonObject,
    }))
  }

  async auditIntents(after: number, max: number): Promise<readonly AuditIntent[]> {
    return this.#intents.all(after, max).map(({ seq, record }) => ({
      sequence: Number(seq),
      audit: Buffer.from(record as Uint8Array),
    }))
  }

  async dropAuditIntents(upTo: number): Promise<void> {
    await this.#parts.client.dropIntents(upTo)
  }

  health(): { ready: boolean; reason?: string } {
    const reason = this.#parts.client.failure()
    return reason === undefined ? { ready: true } : { ready: false, reason }
  }

  /** Removes what paging cannot reach any more and blobs that nothing names. Runs by itself. */
  tidy(): Promise<unknown> {
    const { client, now } = this.#parts
    this.#tidying = (this.#tidying ?? Promise.resolve())
      .then(() => client.tidy(now()))
      .then((problem) => {
        if (problem !== undefined) this.#warn(problem, 'Old index rows could not be removed')
        return this.#removeOrphans()
      })
    return this.#tidying
  }

  async #removeOrphans(): Promise<void> {
    try {
      await removeOrphans({
        root: this.#parts.blobFolder,
        olderThan: Date.now() - orphanAgeMs,
        isNamed: (key) => this.#isClosed || this.#isBlobNamed.get(key) !== undefined,
      })
    } catch (error) {
      this.#warn(error, 'Orphaned blobs could not be removed')
    }
  }

  #warn(problem: unknown, message: string): void {
    this.#parts.logger?.warn({ problem: String(problem) }, message)
  }

  /** For tests and maintenance: a PRAGMA on the writing connection. */
  pragma(text: string): Promise<unknown> {
    return this.#parts.client.pragma(text)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    clearInterval(this.#timer)
    await this.#parts.client.close()
    this.#isClosed = true
    await this.#tidying
    this.#db.close()
    this.#parts.lock.release()
  }
}

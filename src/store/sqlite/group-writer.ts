/** Applies groups of plans, each group in one durable transaction. Runs on the writer thread. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { FhirError } from '../../errors.ts'
import { accessRecordType } from '../stored-version.ts'
import { GrowingDictionary } from './dictionary.ts'
import { KeyedHash } from './keyed-hash.ts'
import type { PackedPlan, PlanOutcome } from './packed-plan.ts'
import { PlanChecks } from './plan-checks.ts'
import type { Counters } from './plan-writer.ts'
import { PlanWriter } from './plan-writer.ts'
import { RowBatch } from './row-batch.ts'
import { SearchLookups } from './search-lookups.ts'
import { indexKey } from './store-secret.ts'
import { storageFailure } from './storage-failure.ts'

export class GroupWriter {
  readonly #db: DatabaseSync
  readonly #dictionary: GrowingDictionary
  readonly #counters: Counters = { sequence: 0, time: 0, rid: 0 }
  readonly #batch: RowBatch
  readonly #checks: PlanChecks
  readonly #plans: PlanWriter
  readonly #readState: StatementSync
  readonly #saveState: StatementSync
  readonly #probeState: StatementSync
  #outcomes: PlanOutcome[] = []
  #changes = 0
  #hasAccessChange = false
  /** The counters are those of a transaction that was rolled back. */
  #isStale = false
  #committed: number

  constructor(db: DatabaseSync, secret: Uint8Array) {
    this.#db = db
    this.#dictionary = new GrowingDictionary(db)
    this.#batch = new RowBatch(db)
    const lookups = new SearchLookups(db, this.#dictionary, new KeyedHash(indexKey(secret)))
    this.#checks = new PlanChecks(db, lookups, this.#batch)
    this.#plans = new PlanWriter(db, this.#dictionary, this.#counters, this.#batch)
    this.#readState = db.prepare('SELECT seq, time, rid FROM state')
    this.#saveState = db.prepare('UPDATE state SET seq = ?, time = ?, rid = ?')
    this.#probeState = db.prepare('UPDATE state SET probe = probe + 1')
    this.#loadState()
    this.#committed = this.#counters.sequence
  }

  /** The newest that is committed. */
  get sequence(): number {
    return this.#committed
  }

  /** Whether an access record was written since this was asked last. */
  takeAccessChange(): boolean {
    const has = this.#hasAccessChange
    this.#hasAccessChange = false
    return has
  }

  #loadState(): void {
    const row = this.#readState.get()!
    this.#counters.sequence = Number(row.seq)
    this.#counters.time = Number(row.time)
    this.#counters.rid = Number(row.rid)
    this.#isStale = false
  }

  /**
   * One outcome for each plan that `next` gives, in order. Nothing of a failed plan is kept; when
   * storage fails, nothing of the whole group is. Never throws.
   */
  writeGroup(next: () => PackedPlan | undefined): { plans: PackedPlan[]; outcomes: PlanOutcome[] } {
    const plans: PackedPlan[] = []
    try {
      // A plan is taken before anything can fail, so that each failure is told to somebody.
      for (let plan = next(); plan; plan = next()) {
        plans.push(plan)
        if (plans.length === 1) this.#begin()
        this.#outcomes.push(this.#attempt(plan))
      }
      this.#commit()
      return { plans, outcomes: this.#outcomes }
    } catch (error) {
      this.#rollback()
      // What was not taken yet fails with the rest: nobody knows that the next would fare better.
      const failure = storageFailure(error)
      if (failure !== undefined) {
        const outcomes = plans.map((): PlanOutcome => ({ kind: 'unavailable', reason: failure }))
        return { plans, outcomes }
      }
      return { plans, outcomes: this.#oneByOne(plans, error) }
    }
  }

  /** One plan made the others fail: each gets a transaction of its own. */
  #oneByOne(plans: readonly PackedPlan[], error: unknown): PlanOutcome[] {
    if (plans.length < 2) return plans.map(() => ({ kind: 'failed', error: String(error) }))
    return plans.map((plan) => {
      const single = [plan]
      return this.writeGroup(() => single.shift()).outcomes[0]!
    })
  }

  #attempt(plan: PackedPlan): PlanOutcome {
    try {
      const failed = this.#checks.check(plan)
      if (failed) return { kind: 'conflict', failed }
    } catch (error) {
      if (storageFailure(error) !== undefined) throw error
      // Checks write nothing: a search that takes too long fails its own plan only.
      const text = error instanceof FhirError ? error.message : String(error)
      return { kind: 'failed', error: text }
    }
    this.#plans.apply(plan)
    this.#changes += 1
    this.#hasAccessChange ||= plan.writes.some(({ type }) => type === accessRecordType)
    const { sequence, time } = this.#counters
    return { kind: 'done', sequence, lastUpdated: time }
  }

  #begin(): void {
    this.#outcomes = []
    this.#changes = 0
    this.#db.exec('BEGIN IMMEDIATE')
    if (this.#isStale) this.#loadState()
  }

  #commit(): void {
    if (this.#changes > 0) {
      this.#batch.flush()
      const { sequence, time, rid } = this.#counters
      this.#saveState.run(sequence, time, rid)
    }
    this.#db.exec('COMMIT')
    this.#committed = this.#counters.sequence
  }

  #rollback(): void {
    this.#batch.drop()
    this.#dictionary.forget()
    this.#plans.forget()
    // Read again when the next transaction begins: now even reading may fail.
    this.#isStale = true
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    } catch (error) {
      // SQLite rolls back by itself when it meets the journal again.
      if (storageFailure(error) === undefined) throw error
    }
  }

  /** Writes a little, durably. Gives the reason when it cannot. */
  probe(): string | undefined {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      this.#probeState.run()
      this.#db.exec('COMMIT')
      return undefined
    } catch (error) {
      this.#rollback()
      return storageFailure(error) ?? String(error)
    }
  }
}

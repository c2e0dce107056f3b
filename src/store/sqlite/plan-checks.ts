/** Checks a whole plan against the open transaction, before anything of it is written. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Precondition } from '../commit-plan.ts'
import type { PackedPlan, PlanOutcome } from './packed-plan.ts'
import type { RowBatch } from './row-batch.ts'
import type { SearchLookups } from './search-lookups.ts'

type Failed = Extract<PlanOutcome, { kind: 'conflict' }>['failed']

const searchTimeoutMs = 5_000

export class PlanChecks {
  readonly #lookups: SearchLookups
  readonly #batch: RowBatch
  readonly #findVersion: StatementSync
  readonly #findClaim: StatementSync
  readonly #findId: StatementSync

  constructor(db: DatabaseSync, lookups: SearchLookups, batch: RowBatch) {
    this.#lookups = lookups
    this.#batch = batch
    this.#findVersion = db.prepare('SELECT version FROM resource WHERE type = ? AND id = ?')
    this.#findClaim = db.prepare('SELECT 1 FROM claim WHERE claim = ?')
    this.#findId = db.prepare('SELECT id FROM version WHERE vid = ((? << 20) | 1)')
  }

  /** What does not hold, in the order of the plan; undefined when all does. */
  check(plan: PackedPlan): Failed | undefined {
    for (const [index, precondition] of plan.preconditions.entries()) {
      if (!this.#holds(precondition)) return { kind: 'precondition', index }
    }
    const taken = new Set<string>()
    for (const claim of plan.claims) {
      if (taken.has(claim) || this.#findClaim.get(claim)) return { kind: 'claim', claim }
      taken.add(claim)
    }
    return this.#checkVersions(plan)
  }

  /** Each write against what the earlier writes of its own plan would leave. */
  #checkVersions({ writes }: PackedPlan): Failed | undefined {
    const planned = new Map<string, number>()
    for (const [index, { type, id, versionId }] of writes.entries()) {
      const key = `${type}/${id}`
      const newest = planned.get(key) ?? this.#newest(type, id)
      if (newest !== versionId - 1) return { kind: 'write', index }
      if (writes.length > 1) planned.set(key, versionId)
    }
    return undefined
  }

  #newest(type: string, id: string): number {
    const typeId = this.#lookups.dictionary.typeId(type)
    return typeId === 0 ? 0 : Number(this.#findVersion.get(typeId, id)?.version ?? 0)
  }

  #holds(precondition: Precondition): boolean {
    if (precondition.kind === 'claimFree') return !this.#findClaim.get(precondition.claim)
    if (precondition.kind === 'version')
      return this.#newest(precondition.type, precondition.id) === precondition.versionId
    return this.#stillFinds(precondition)
  }

  #stillFinds({ type, where, ids }: Extract<Precondition, { kind: 'search' }>): boolean {
    const expected = new Set(ids)
    const typeId = this.#lookups.dictionary.typeId(type)
    if (typeId === 0) return expected.size === 0
    // Earlier plans of the group must be seen.
    this.#batch.flush()
    this.#lookups.begin(searchTimeoutMs)
    const view = { kind: 'now' } as const
    const rids = this.#lookups.findIds({ typeId, where, view }, expected.size + 1)
    return (
      rids.length === expected.size &&
      rids.every((rid) => expected.has(String(this.#findId.get(rid)?.id)))
    )
  }
}

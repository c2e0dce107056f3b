/** Answers what compilers ask, and keeps the time of one search. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { TooCostly } from '../../errors.ts'
import { matchesClause } from '../../search/matcher.ts'
import type { Clause, CompositeClause, SortKey } from '../../search/search-request.ts'
import { sortValue } from '../../search/sort-order.ts'
import { compileClause } from './compile-clause.ts'
import { compileSearch, ridStatement } from './compile-search.ts'
import type { Dictionary } from './dictionary.ts'
import { unpackEntries, unpackReferences } from './entry-unpack.ts'
import type { KeyedHash } from './keyed-hash.ts'
import { KnownVersions } from './known-versions.ts'
import { endless } from './schema.ts'
import type { Lookups, Scope, View } from './search-scope.ts'
import { innerIdsMax, isVersionOf } from './search-scope.ts'
import { isOneOf, raw, sql, type Sql } from './sql.ts'
import { Statements } from './statements.ts'

const rowsPerClockLook = 256

export class SearchLookups implements Lookups {
  readonly dictionary: Dictionary
  readonly hash: KeyedHash
  readonly statements: Statements
  readonly versions: KnownVersions
  readonly #parsed = new Map<string, unknown>()
  #inner = new Map<string, readonly number[] | undefined>()
  /** By type and id: a search names its patient, and what restricts it names that patient again. */
  readonly #targetIds = new Map<string, number | undefined>()
  /** By the list that was asked for: a chain asks for the same one several times. */
  #targets = new Map<readonly number[], readonly number[]>()
  #aliases = 0
  #deadline = Infinity
  #timeoutMs = 0
  #rows = 0
  /** Looked at last, by any search. */
  #lastRow: SQLInputValue = 0

  constructor(db: DatabaseSync, dictionary: Dictionary, hash: KeyedHash) {
    this.dictionary = dictionary
    this.hash = hash
    this.statements = new Statements(db)
    this.versions = new KnownVersions(this.statements)
    // The argument keeps SQLite from calling it once for all rows.
    db.function('tick', (rid) => this.#tick(rid))
    db.function('sort_value', { deterministic: true }, (pack, param, key) =>
      this.#sortValue(pack as Uint8Array | null, Number(param), String(key)),
    )
    db.function('matches_composite', { deterministic: true }, (pack, param, clause) =>
      this.#matchesComposite(pack as Uint8Array | null, Number(param), String(clause)),
    )
  }

  /** Begins a search: forgets what the last one found, and sets its time. */
  begin(timeoutMs: number): void {
    this.#inner = new Map()
    this.#targets = new Map()
    this.#targetIds.clear()
    this.#aliases = 0
    this.#rows = 0
    this.#timeoutMs = timeoutMs
    this.#deadline = performance.now() + timeoutMs
  }

  checkDeadline(): void {
    if (performance.now() > this.#deadline)
      throw new TooCostly(`The search took longer than ${this.#timeoutMs} ms`)
  }

  /** SQLite cannot be interrupted: every row looked at calls this. */
  #tick(rid: SQLInputValue): number {
    this.#lastRow = rid
    if (++this.#rows % rowsPerClockLook === 0) this.checkDeadline()
    return 1
  }

  /**
   * A search that found no row to decide on seeks one that was looked at before, as a decision does:
   * so that what is absent takes as long as what is hidden. security.md, threat 34.
   */
  seekInPlaceOfAbsent(typeId: number): void {
    if (this.#rows > 0) return
    const place = raw('x.sort = f.sort AND x.rid = f.rid')
    const tests = sql`EXISTS (SELECT 1 FROM reference x WHERE x.target = 0 AND x.param = 0 AND ${place}) OR EXISTS (SELECT 1 FROM compartment x WHERE x.patient = 0 AND x.type = f.type AND x.deleted = f.deleted AND ${place}) OR instr(f.labels, ',0,') > 0`
    this.statements.get(
      sql`SELECT 1 FROM fact f WHERE f.type = ${typeId} AND f.rid = ${this.#lastRow as number} AND f.ended = ${raw(String(endless))} AND (${tests})`,
    )
  }

  compile(clause: Clause, scope: Scope): Sql {
    return compileClause(clause, scope)
  }

  alias(): string {
    return `t${++this.#aliases}`
  }

  targetId(typeId: number, id: string): number | undefined {
    const key = `${typeId}/${id}`
    if (this.#targetIds.has(key)) return this.#targetIds.get(key)
    const row = this.statements.get(
      sql`SELECT tid FROM resource WHERE type = ${typeId} AND id = ${id}`,
    )
    const target = row && Number(row[0])
    this.#targetIds.set(key, target)
    return target
  }

  resourceId(typeId: number, id: string): number | undefined {
    const row = this.statements.get(
      sql`SELECT rid FROM resource WHERE type = ${typeId} AND id = ${id} AND rid > 0`,
    )
    return row && Number(row[0])
  }

  innerIds(typeId: number, clauses: readonly Clause[], view: View): readonly number[] | undefined {
    const key = JSON.stringify([typeId, clauses, view])
    if (this.#inner.has(key)) return this.#inner.get(key)
    const found = this.findIds({ typeId, where: { kind: 'and', clauses }, view }, innerIdsMax + 1)
    const ids = found.length > innerIdsMax ? undefined : found
    this.#inner.set(key, ids)
    return ids
  }

  /** The numbers of the resources that match, by creation, up to `max`. */
  findIds(
    {
      typeId,
      where,
      view,
    }: { readonly typeId: number; readonly where: Clause; readonly view: View },
    max: number,
  ): number[] {
    const scope: Scope = { typeId, view, row: this.alias(), table: 'index', lookups: this }
    const sort = { kind: 'rid', keys: [] } as const
    const compiled = compileSearch({ scope, where, sort, isBackward: false }, this.statements)
    if (!compiled) return []
    return this.statements.all(ridStatement(compiled, max)).map(([rid]) => Number(rid))
  }

  targetIdsOf(rids: readonly number[]): readonly number[] {
    if (rids.length === 0) return rids
    let targets = this.#targets.get(rids)
    if (!targets) this.#targets.set(rids, (targets = this.#findTargets(rids)))
    return targets
  }

  #findTargets(rids: readonly number[]): readonly number[] {
    const rows = this.statements.all(
      sql`SELECT rid, tid FROM alias WHERE ${isOneOf(raw('rid'), rids)}`,
    )
    if (rows.length === 0) return rids
    const targets = new Map(rows.map(([rid, tid]) => [Number(rid), Number(tid)]))
    return rids.map((rid) => targets.get(rid) ?? rid)
  }

  /** The resources behind targets; targets that were never created stay as they are. */
  resourceIdsOf(targets: readonly number[]): readonly number[] {
    if (targets.length === 0) return targets
    const rows = this.statements.all(
      sql`SELECT tid, rid FROM alias WHERE ${isOneOf(raw('tid'), targets)}`,
    )
    if (rows.length === 0) return targets
    const rids = new Map(rows.map(([tid, rid]) => [Number(tid), Number(rid)]))
    return targets.map((target) => rids.get(target) ?? target)
  }

  referredBy(
    rids: readonly number[],
    { typeId, paramId }: { readonly typeId: number; readonly paramId: number },
    view: View,
  ): readonly number[] {
    if (rids.length === 0) return []
    const packs = this.statements.all(
      sql`SELECT v.entries FROM fact f CROSS JOIN version v ON v.vid = ((f.rid << 20) | f.version) WHERE f.type = ${typeId} AND ${isOneOf(raw('f.rid'), rids)} AND ${isVersionOf('f', view)} AND v.entries IS NOT NULL`,
    )
    const targets = new Set<number>()
    for (const [pack] of packs) {
      for (const reference of unpackReferences(pack as Uint8Array, this.dictionary)) {
        if (reference.paramId === paramId) targets.add(reference.target.tid)
      }
    }
    return this.resourceIdsOf([...targets])
  }

  #sortValue(pack: Uint8Array | null, paramId: number, keyText: string): string | number | null {
    if (!pack) return null
    const key = this.#parse(keyText) as SortKey
    const entries = unpackEntries(pack, { paramId, code: key.code }, this.dictionary)
    return sortValue(key, { rid: 0, id: '', lastUpdated: 0, entries }) ?? null
  }

  #matchesComposite(pack: Uint8Array | null, paramId: number, clauseText: string): number {
    if (!pack) return 0
    const clause = this.#parse(clauseText) as CompositeClause
    const entries = unpackEntries(pack, { paramId, code: clause.code }, this.dictionary)
    const candidate = { type: '', id: '', lastUpdated: 0, entries, envelope: emptyFacts }
    return matchesClause(clause, candidate, emptyLookup) ? 1 : 0
  }

  #parse(text: string): unknown {
    let parsed = this.#parsed.get(text)
    if (parsed === undefined) {
      if (this.#parsed.size > 100) this.#parsed.clear()
      parsed = JSON.parse(text)
      this.#parsed.set(text, parsed)
    }
    return parsed
  }
}

const emptyFacts = { patients: [], authors: [], labels: [], depositor: {}, depositedAt: 0 }
const emptyLookup = { find: () => undefined, all: () => [] }

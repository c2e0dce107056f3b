/** How SQLite goes about each shape of search: what is read must not grow with the store. */
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { Clause } from '../../../src/search/search-request.ts'
import { compileSearch, ridStatement } from '../../../src/store/sqlite/compile-search.ts'
import { GrowingDictionary } from '../../../src/store/sqlite/dictionary.ts'
import { KeyedHash } from '../../../src/store/sqlite/keyed-hash.ts'
import { migrateSchema } from '../../../src/store/sqlite/schema.ts'
import { SearchLookups } from '../../../src/store/sqlite/search-lookups.ts'
import { planSort } from '../../../src/store/sqlite/sort-plan.ts'

/** The steps of the statement for these clauses, on an empty store that knows their names. */
function stepsOf(clauses: readonly Clause[]): string[] {
  const db = new DatabaseSync(':memory:')
  migrateSchema(db)
  const dictionary = new GrowingDictionary(db)
  const typeId = dictionary.ensureType('DocumentReference')
  const patientType = dictionary.ensureType('Patient')
  for (const code of ['patient', 'patient.family', 'type', 'date', 'size'])
    dictionary.ensureParam(typeId, code)
  dictionary.ensureWord('http://loinc.org')
  db.prepare('INSERT INTO resource(type, id, rid, tid, version) VALUES (?, ?, 1, 1, 1)').run(
    patientType,
    'a',
  )
  db.prepare(
    `INSERT INTO reference(param, target, sort, rid, version, since, ended)
      VALUES (?, 1, 1, 2, 0, 1, 0)`,
  ).run(dictionary.paramId(typeId, 'patient'))
  const lookups = new SearchLookups(db, dictionary, new KeyedHash(new Uint8Array(32)))
  lookups.begin(1000)
  const scope = { typeId, view: { kind: 'now' }, row: 'd', table: 'index', lookups } as const
  const sort = planSort([], scope)
  const where: Clause = { kind: 'and', clauses }
  const compiled = compileSearch({ scope, where, sort, isBackward: false }, lookups.statements)
  const { text, values } = ridStatement(compiled!, 21)
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...values)
  db.close()
  return rows.map(({ detail }) => String(detail))
}

const ofPatient: Clause = {
  kind: 'reference',
  code: 'patient',
  references: [{ type: 'Patient', id: 'a' }],
}

t.test('tests the dates of one resource by its own rows, not by all later dates', async (t) => {
  const period = { low: 1_600_000_000_000, high: 1_600_086_400_000 }
  for (const prefix of ['eq', 'ge', 'le', 'gt', 'sa', 'ap'] as const) {
    const steps = stepsOf([ofPatient, { kind: 'date', code: 'date', values: [{ prefix, period }] }])
    t.notMatch(steps.join('\n'), /period_by_high/, prefix)
    t.match(steps.join('\n'), /EXISTS.*\(param=\? AND rid=\?\)/, prefix)
  }
})

t.test('tests the numbers of one resource by its own rows', async (t) => {
  const number = { prefix: 'ge', value: 5, low: 4.5, high: 5.5 } as const
  const steps = stepsOf([ofPatient, { kind: 'number', code: 'size', values: [number] }])
  t.notMatch(steps.join('\n'), /quantity_by_high/)
})

t.test('takes the one range that is not empty of several alternatives', async (t) => {
  const contained: Clause = { kind: 'token', code: 'patient.family', tokens: [{ value: 'x' }] }
  const steps = stepsOf([{ kind: 'or', clauses: [contained, ofPatient] }])
  t.match(steps.join('\n'), /SEARCH d USING PRIMARY KEY \(target=\? AND param=\?\)/)
})

t.test('finds the resources of a set by their keys', async (t) => {
  const named: Clause = { kind: 'string', code: 'patient.family', match: 'start', values: ['x'] }
  const steps = stepsOf([named])
  t.notMatch(steps.join('\n'), /fact_by_/)
})

import t from 'tap'
import { checkImports } from '../../scripts/check-imports.ts'

const check = (sources: Readonly<Record<string, string>>) =>
  checkImports(new Map(Object.entries(sources)))

t.test('lets every folder import fhir/, json/ and errors.ts', async (t) => {
  const { violations, cycles } = check({
    'errors.ts': 'export class FhirError {}',
    'fhir/resource.ts': 'export interface Resource {}',
    'search/parse-query.ts': `import { FhirError } from '../errors.ts'
      import type { Resource } from '../fhir/resource.ts'
      export const a = (b: Resource) => new FhirError()`,
  })
  t.same(violations, [])
  t.same(cycles, [])
})

t.test('refuses every kind of import across a border', async (t) => {
  for (const source of [
    `import { a } from '../http/a.ts'`,
    `import type { A } from '../http/a.ts'`,
    `export { a } from '../http/a.ts'`,
    `const { a } = await import('../http/a.ts')`,
    `let a: import('../http/a.ts').A`,
    `const url = new URL('../http/a.ts', import.meta.url)`,
  ]) {
    const { violations } = check({ 'search/b.ts': source, 'http/a.ts': 'export const a = 1' })
    t.match(violations, [/^src\/search\/b\.ts: imports http\/a\.ts/], source)
    t.equal(violations.length, 1, source)
  }
})

t.test('keeps the concrete stores to server.ts', async (t) => {
  const store = { 'store/sqlite/sqlite-store.ts': 'export const openSqliteStore = 1' }
  const source = (prefix: string) =>
    `import { openSqliteStore } from '${prefix}store/sqlite/sqlite-store.ts'`
  t.same(check({ ...store, 'server.ts': source('./') }).violations, [])
  t.equal(check({ ...store, 'jobs/queue.ts': source('../') }).violations.length, 1)
  t.equal(check({ ...store, 'store/open.ts': source('../') }).violations.length, 1)
})

t.test('lets interactions import the types of the store, and the conflict it throws', async (t) => {
  const store = {
    'store/commit-plan.ts': 'export class PlanConflict {}\nexport const other = 1',
  }
  const importing = (names: string) => ({
    ...store,
    'interactions/create.ts': `import ${names} from '../store/commit-plan.ts'`,
  })
  t.same(check(importing('type { CommitPlan }')).violations, [])
  t.same(check(importing('{ PlanConflict }')).violations, [])
  t.equal(check(importing('{ other }')).violations.length, 1)
})

t.test('finds a cycle of files, type imports included', async (t) => {
  const { cycles } = check({
    'fhir/a.ts': `import type { B } from './b.ts'\nexport type A = B`,
    'fhir/b.ts': `import type { C } from './c.ts'\nexport type B = C`,
    'fhir/c.ts': `import type { A } from './a.ts'\nexport type C = A`,
    'fhir/d.ts': `import type { A } from './a.ts'\nexport type D = A`,
  })
  t.same(
    cycles.map((cycle) => cycle.toSorted()),
    [['fhir/a.ts', 'fhir/b.ts', 'fhir/c.ts']],
  )
})

t.test('refuses names that say nothing, barrels, default exports and bare paths', async (t) => {
  for (const [path, source] of [
    ['fhir/utils.ts', ''],
    ['fhir/index.ts', ''],
    ['newcomer/a.ts', ''],
    ['fhir/a.ts', 'export default 1'],
    ['fhir/a.ts', `import { b } from './b'`],
    ['fhir/a.ts', `import { b } from './gone.ts'`],
    ['fhir/a.ts', `import fastify from 'fastify'`],
    ['fhir/a.ts', `import lodash from 'lodash'`],
  ] as const) {
    t.equal(check({ [path]: source }).violations.length, 1, `${path} ${source}`)
  }
})

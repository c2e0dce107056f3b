/** What `profiles/` and `terminologies/` state is whole: every differential has its place. */
import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { loadPackages } from '../../src/conformance/package-loader.ts'

const cacheDir = '.cache'

t.test('completes every profile of our own packages', async (t) => {
  const { archives, warnings } = await loadPackages(['profiles', 'terminologies'], { cacheDir })
  t.same(warnings, [])
  const problems: string[] = []
  const registry = createRegistry({
    core: loadCoreDefinitions({ cacheDir }),
    ownPackages: archives,
    onProblem: (problem) => problems.push(problem),
  })
  const own = new Set(archives.map((archive) => archive.package.name))
  for (const definition of registry.list('StructureDefinition'))
    if (own.has(definition.package.name) && !('snapshot' in definition.resource))
      t.fail(`${definition.url} has no snapshot`)
  t.same(problems, [])
})

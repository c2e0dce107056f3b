/** Loads every package at hand, in a process of its own to see what it costs. */
import { existsSync } from 'node:fs'
import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { loadPackages } from '../../src/conformance/package-loader.ts'

const folder = '../shared/fhir-packages'
const skip = existsSync(folder) ? false : `the French packages are not at ${folder}`

t.test('loads all French packages side by side', { skip }, async (t) => {
  const cacheDir = '.cache'
  await loadPackages([folder], { cacheDir })
  const begin = performance.now()
  const core = loadCoreDefinitions({ cacheDir })
  const { archives, warnings } = await loadPackages([folder], { cacheDir })
  const registry = createRegistry({ core, packages: archives })
  const elapsed = performance.now() - begin
  t.equal(archives.length, 19)
  t.match(warnings, [/hl7\.fhir\.r4\.core is built in/])

  const patient = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient'
  const versionFor = (name: string, version: string) =>
    registry.resolve('StructureDefinition', patient, { name, version })?.version
  t.equal(versionFor('ans.fhir.fr.pdsm', '3.1.1'), '2.1.0')
  t.equal(versionFor('ans.fhir.fr.gap', '3.0.0'), '2.0.1')
  t.equal(versionFor('ans.fhir.fr.annuaire', '1.2.0-snapshot-2'), '2.2.0')
  t.equal(registry.resolve('StructureDefinition', patient)?.version, '2.2.0')
  t.equal(registry.resolve('StructureDefinition', patient)?.profiledType, 'Patient')

  const source = registry.searchParameters('List').get('source')!
  t.equal(source.urls.length, 3, 'core and the two of PDSm')
  for (const target of ['Practitioner', 'PractitionerRole', 'Patient', 'Device'])
    t.ok(source.targets.includes(target), target)
  const cost = Math.round(process.memoryUsage().rss / 1e6)
  t.comment(`all French packages: ${elapsed.toFixed(0)} ms from the cache, ${cost} MB resident`)
})

/** The guides' examples of ../shared/examples/fr, validated with all packages loaded. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { loadPackages } from '../../src/conformance/package-loader.ts'
import type { PackageReference } from '../../src/conformance/registry.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createTerminology } from '../../src/terminology/terminology.ts'
import { createValidator } from '../../src/validation/create-validator.ts'
import { createInvariantCompiler } from '../../src/validation/fhirpath-invariants.ts'

const packagesFolder = '../shared/fhir-packages'
const examplesFolder = '../shared/examples/fr'

export function hasExamples(): boolean {
  return existsSync(packagesFolder) && existsSync(examplesFolder)
}

export interface Example {
  /** `ans.fhir.fr.pdsm-3.1.1/List-ExampleFolder` */
  readonly name: string
  readonly package: PackageReference
  readonly resource: Resource
}

export function readExamples(): Example[] {
  return readdirSync(examplesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: folder }) => {
      const [, name, version] = /^([a-z0-9.]+?)-(\d.*)$/.exec(folder)!
      return readdirSync(`${examplesFolder}/${folder}`)
        .filter((file) => file.endsWith('.json'))
        .map((file) => ({
          name: `${folder}/${file.replace(/\.json$/, '')}`,
          package: { name: name!, version: version! },
          resource: JSON.parse(
            readFileSync(`${examplesFolder}/${folder}/${file}`, 'utf8'),
          ) as Resource,
        }))
    })
}

export async function createFrenchValidator() {
  const cacheDir = '.cache'
  const { archives } = await loadPackages([packagesFolder], { cacheDir })
  const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir }), packages: archives })
  const terminology = createTerminology(registry)
  const compileInvariant = createInvariantCompiler({ registry, terminology })
  return { registry, validator: createValidator({ registry, terminology, compileInvariant }) }
}

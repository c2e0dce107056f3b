/** Holds `profiles/` and `terminologies/` to the official packages, where these are at hand. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { differingFiles } from '../../scripts/state-profiles.ts'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { loadPackages } from '../../src/conformance/package-loader.ts'
import type { DefinitionKind } from '../../src/conformance/registry.ts'
import {
  compareProfile,
  createCompleter,
  gistOf,
  withoutVersion,
  type Difference,
} from './profile-comparison.ts'

const folder = '../shared/fhir-packages'
const official = [
  'hl7.fhir.fr.core-2.2.0.tgz',
  'ihe.iti.mhd-4.2.3.tgz',
  'ans.fhir.fr.pdsm-3.1.1.tgz',
  'ans.fhir.fr.tde-2.0.0.tgz',
  'ans.fr.terminologies.subset-0.1.0.tgz',
].map((name) => join(folder, name))
const skip = existsSync(folder) ? false : `the official packages are not at ${folder}`
const cacheDir = '.cache'

interface Deliberate {
  readonly profiles: readonly string[]
  /** An element's id; with a star at its end, all ids that begin so. */
  readonly element: string
  /** All aspects when absent. */
  readonly aspects?: readonly string[]
  readonly reason: string
}

const patients = ['fr-core-patient', 'fr-core-patient-ins']
const fiches = ['pdsm-comprehensive-document-reference', 'pdsm-simplified-publish']
const decision1 = 'decision 1: asked for by a warning, not demanded'
const decision34 = 'decision 34: NIR and NIA told apart by system'
const decision34Nia = 'decision 34: INS-NIA also with use temp'
/** The publisher opened these slices from the datatype; every item is bound all the same. */
const repeated = 'same in effect: the published slice does not repeat what every item must meet'

const deliberate: readonly Deliberate[] = [
  {
    profiles: fiches,
    element: 'DocumentReference',
    aspects: ['constraints'],
    reason: `${decision1} (pdsm-custodian, pdsm-date)`,
  },
  {
    profiles: fiches,
    element: 'DocumentReference.custodian',
    aspects: ['min'],
    reason: decision1,
  },
  { profiles: fiches, element: 'DocumentReference.date', aspects: ['min'], reason: decision1 },
  {
    profiles: ['pdsm-comprehensive-document-reference'],
    element: 'DocumentReference.context.related',
    aspects: ['slicing'],
    reason: 'decision 3: the guide discriminates by an element that it does not constrain',
  },
  {
    profiles: ['pdsm-comprehensive-document-reference'],
    element: 'DocumentReference.context.related:referenceIdList',
    aspects: ['mustSupport'],
    reason: repeated,
  },
  {
    profiles: ['IHE.MHD.FindDocumentListsResponseMessage', 'pdsm-find-lists-response'],
    element: 'Bundle.entry:OperationOutcome*',
    reason: 'decision 16: warnings in the answer',
  },
  { profiles: patients, element: 'Patient', aspects: ['constraints'], reason: decision34 },
  { profiles: patients, element: 'Patient.identifier:NSS*', reason: decision34 },
  {
    profiles: ['fr-core-patient-ins'],
    element: 'Patient.identifier:INS-NIA.use',
    aspects: ['binding', 'constraints'],
    reason: decision34Nia,
  },
  ...['', ':INS-NIR', ':INS-NIR-TEST', ':INS-NIR-DEMO', ':INS-NIA'].map((slice) => ({
    profiles: ['fr-core-patient-ins'],
    element: `Patient.identifier${slice}.type`,
    aspects: ['binding'],
    reason: repeated,
  })),
  ...['usualName', 'officialName'].flatMap((slice) => [
    {
      profiles: patients,
      element: `Patient.name:${slice}`,
      aspects: ['types'],
      reason: repeated,
    },
    {
      profiles: patients,
      element: `Patient.name:${slice}.prefix`,
      aspects: ['max', 'binding'],
      reason: repeated,
    },
    {
      profiles: patients,
      element: `Patient.name:${slice}.extension:assemblyOrder`,
      aspects: ['max', 'types'],
      reason: repeated,
    },
  ]),
]

/** Definitions other than profiles that say something else on purpose. */
const deliberateGists: Readonly<Record<string, string>> = {
  'SearchParameter/PDSm-List-authorOrg': 'decision 15: the extension stands on List.source',
}

const matches = (row: Deliberate, profile: string, { element, aspect }: Difference) =>
  row.profiles.includes(profile) &&
  (row.element.endsWith('*')
    ? element.startsWith(row.element.slice(0, -1))
    : element === row.element) &&
  (row.aspects?.includes(aspect) ?? true)

async function loadBoth() {
  const core = loadCoreDefinitions({ cacheDir })
  const own = await loadPackages(['profiles', 'terminologies'], { cacheDir })
  const theirs = await loadPackages(official, { cacheDir })
  return {
    warnings: own.warnings,
    ours: createRegistry({ core, ownPackages: own.archives }),
    theirs: createRegistry({ core, packages: theirs.archives }),
  }
}

t.test('finds in profiles/ and terminologies/ what scripts/profiles states', async (t) => {
  t.same(differingFiles(), [])
})

t.test('differs from the official profiles only where that is deliberate', { skip }, async (t) => {
  const { ours, theirs, warnings } = await loadBoth()
  t.same(warnings, [])
  const [ownSide, officialSide] = [createCompleter(ours), createCompleter(theirs)]
  const unused = new Set(
    deliberate.flatMap((row) => row.profiles.map((profile) => `${profile} ${row.element}`)),
  )
  const unexpected: string[] = []
  let count = 0
  let compared = 0
  let elements = 0
  for (const { url, package: home } of ours.list('StructureDefinition')) {
    if (home.name.startsWith('hl7.fhir.r4.core') || home.name.startsWith('passerelle')) continue
    compared += 1
    elements += ownSide.snapshotOf(url)?.length ?? 0
    for (const difference of compareProfile(url, ownSide, officialSide)) {
      const row = deliberate.find((each) => matches(each, difference.profile, difference))
      if (row) {
        count += 1
        unused.delete(`${difference.profile} ${row.element}`)
      } else {
        const { profile, element, aspect, ours: own, theirs: other } = difference
        unexpected.push(`${profile} ${element} ${aspect}: "${own}", officially "${other}"`)
      }
    }
  }
  t.same(unexpected, [], 'no difference that no row explains')
  t.same([...unused], [], 'no row that no longer differs')
  t.ok(compared > 60, 'profiles and extensions are compared')
  t.comment(`${compared} profiles, ${elements} elements compared; ${count} deliberate differences`)
})

t.test('says what the official terminology and search parameters say', { skip }, async (t) => {
  const { ours, theirs } = await loadBoth()
  const unused = new Set(Object.keys(deliberateGists))
  const kinds: DefinitionKind[] = ['ValueSet', 'CodeSystem', 'SearchParameter']
  let compared = 0
  for (const kind of kinds) {
    for (const { url, package: home, resource } of ours.list(kind)) {
      if (home.name.startsWith('hl7.fhir.r4.core')) continue
      const other = theirs.resolve(kind, withoutVersion(url))?.resource
      if (!other) t.fail(`${url} is not official`)
      if (!other) continue
      compared += 1
      const isDeliberate = unused.delete(`${kind}/${resource.id}`)
      if (isDeliberate) t.notSame(gistOf(resource), gistOf(other), `${url} differs on purpose`)
      else t.same(gistOf(resource), gistOf(other), url)
    }
  }
  t.same([...unused], [], 'no row for what is not stated')
  t.comment(`${compared} value sets, code systems and search parameters compared`)
})

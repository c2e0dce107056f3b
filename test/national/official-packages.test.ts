/** With the guides' own packages in FHIR_PACKAGES the decisions hold all the same. Decisions 1, 15 and 34. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { aLot } from '../../src/demo/main-job.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import {
  aPublish,
  brokenRules,
  ficheOf,
  get,
  jobOf,
  openRecord,
  patient,
  patientUrl,
  post,
} from './dmp/record.ts'

const folder = fileURLToPath(new URL('../../../shared/fhir-packages/', import.meta.url))
const skip = existsSync(folder) ? false : '../shared/fhir-packages is not at hand'

function packages(...names: string[]): { FHIR_PACKAGES: string } {
  return { FHIR_PACKAGES: names.map((name) => `${folder}${name}.tgz`).join(',') }
}

const documents = ['ans.fhir.fr.pdsm-3.1.1', 'ihe.iti.mhd-4.2.3', 'ans.fhir.fr.annuaire-1.1.0']
const sets: Record<string, string[]> = {
  'FR Core 2.2.0': [...documents, 'hl7.fhir.fr.core-2.2.0', 'hl7.fhir.fr.core-2.1.0'],
  'FR Core 2.1.0': [...documents, 'hl7.fhir.fr.core-2.1.0'],
}

const v2 = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203'

function identified(...identifier: JsonObject[]): Resource {
  const { id: _, ...rest } = patient.resource
  return { ...rest, identifier }
}

/** Each its own, so that no two patients have one INS. */
const numbers = { official: '00196', temp: '00295', old: '00394', usual: '00493' }

function nia(use: keyof typeof numbers): JsonObject {
  return {
    use,
    type: { coding: [{ system: v2, code: 'INS-NIA' }] },
    system: 'urn:oid:1.2.250.1.213.1.4.9',
    value: `7000199000${numbers[use]}`,
  }
}

function nir(value: string): JsonObject {
  return {
    use: 'official',
    type: { coding: [{ system: v2, code: 'INS-NIR' }] },
    system: 'urn:oid:1.2.250.1.213.1.4.8',
    value,
  }
}

for (const [name, list] of Object.entries(sets)) {
  t.test(`${name}: accepts documents as either content of PDSm 3.1.1 does`, { skip }, async (t) => {
    const server = await openRecord(t, { env: packages(...list) })
    const lot = aLot(jobOf('a'))
    for (const index of [0, 1]) {
      const fiche = ficheOf(lot, index)
      for (const element of ['custodian', 'date', 'authenticator']) delete fiche[element]
    }
    const answer = await post(server, '', lot)
    t.equal(answer.status, 200, errorsOf(answer.text))
    t.match(answer.text, /pdsm-custodian/)
    const contained = aPublish().contained as JsonObject[]
    const identifier = [
      {
        use: 'official',
        type: { coding: [{ system: v2, code: 'RPPS' }] },
        system: 'https://rpps.esante.gouv.fr',
        value: '10001234562',
      },
    ]
    const publish = await post(
      server,
      '/DocumentReference',
      aPublish({ contained: [{ ...contained[0], identifier }] }),
    )
    t.ok(
      !publish.text.includes('custodian: minimum') && !publish.text.includes('"reference-target"'),
    )
    const organization = await get(server, `/List?patient=${patientUrl}&authorOrg:identifier=x|y`)
    t.equal(organization.status, 200, 'authorOrg is there whatever the package says of it')
  })

  t.test(`${name}: accepts an INS-NIA with each use`, { skip }, async (t) => {
    const server = await openRecord(t, { env: packages(...list) })
    const patients: [string, Resource][] = [
      ['official', identified(nia('official'))],
      ['temp', identified(nia('temp'), nir('285072A99900189'))],
      ['old', identified(nia('old'), nir('190122B99900101'))],
    ]
    for (const [use, resource] of patients) {
      const answer = await post(server, '/Patient', resource)
      t.equal(answer.status, 201, `${use}: ${errorsOf(answer.text)}`)
    }
    const refused = await post(server, '/Patient', identified(nia('usual'), nir('175069749900124')))
    t.equal(refused.status, 422)
    t.same(brokenRules(refused), ['ins-use'])
  })
}

function errorsOf(text: string): string {
  const { issue = [] } = JSON.parse(text) as { issue?: { severity: string; diagnostics: string }[] }
  return issue
    .filter(({ severity }) => severity === 'error')
    .map(({ diagnostics }) => diagnostics)
    .join('\n')
}

t.test('accepts an INS-NIA with each use by our own statement of FR Core', async (t) => {
  const server = await openRecord(t)
  t.equal((await post(server, '/Patient', identified(nia('official')))).status, 201)
  const waiting = identified(nia('temp'), nir('285072A99900189'))
  t.equal((await post(server, '/Patient', waiting)).status, 201)
})

t.test(
  'accepts social-security numbers and birth abroad with FR Core 2.2.0',
  { skip },
  async (t) => {
    const env = packages('hl7.fhir.fr.core-2.2.0', 'fr.insee.cog.communes-6.0.0')
    const server = await openRecord(t, { env })
    const nss = identified({
      use: 'official',
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'NH' }] },
      system: 'urn:oid:1.2.250.1.213.1.4.13',
      value: '180017599900137',
    })
    const profile = ['https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient']
    const answer = await post(server, '/Patient', { ...nss, meta: { profile } })
    t.equal(answer.status, 201, errorsOf(answer.text))
    const abroad = JSON.stringify(identified(nir('260039900000157'))).replace(
      /("code":")\d[\dAB]\d{3}"/,
      '$199134"',
    )
    t.match(abroad, '"99134"')
    const born = await post(server, '/Patient', abroad)
    t.equal(born.status, 201, errorsOf(born.text))
  },
)

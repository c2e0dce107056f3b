import t from 'tap'
import type { JsonObject, JsonValue, Resource } from '../../../src/fhir/resource.ts'
import { missingTraits } from '../../../src/national/ins/five-traits.ts'
import { identityTrust, isQualifiedIdentity } from '../../../src/national/ins/trust-status.ts'
import { withheldForm } from '../../../src/national/ins/withhold-ins.ts'

const FR = 'https://hl7.fr/ig/fhir/core/'
const NIR = 'urn:oid:1.2.250.1.213.1.4.8'
const value = '180017599900137'
const ins = (use = 'official', system = NIR): JsonObject => ({ use, system, value })

/** An identityReliability extension from codes by sub-extension. */
function reliability(
  codes: Record<string, string>,
  system = `${FR}CodeSystem/fr-core-cs-v2-0445`,
): JsonObject {
  return {
    url: `${FR}StructureDefinition/fr-core-identity-reliability`,
    extension: Object.entries(codes).map(([url, code]) => ({ url, valueCoding: { system, code } })),
  }
}

const status = (code: string) => reliability({ identityStatus: code })
const coming = (code: string) =>
  reliability({ identityStatus: code }, `${FR}CodeSystem/fr-core-cs-identity-status`)

function patient(identifier: JsonObject[], ...extension: JsonObject[]): Resource {
  return { resourceType: 'Patient', identifier, extension }
}

const traits: JsonObject = {
  gender: 'male',
  birthDate: '1980-01-01',
  name: [
    {
      use: 'official',
      family: 'ESSAI',
      given: ['JEAN'],
      extension: [
        {
          url: `${FR}StructureDefinition/fr-core-patient-birth-list-given-name`,
          valueString: 'JEAN PAUL',
        },
      ],
    },
  ],
}
const birthPlace: JsonObject = {
  url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
  valueAddress: {
    extension: [
      {
        url: `${FR}StructureDefinition/fr-core-address-insee-code`,
        valueCoding: { code: '75999' },
      },
    ],
  },
}
const whole = (...extension: JsonObject[]): Resource => ({
  ...patient([ins()], birthPlace, ...extension),
  ...traits,
})

/** What a Patient says, and the status that follows. */
const statuses: [string, Resource, string][] = [
  ['nothing', patient([]), 'provisoire'],
  ['PROV without INS', patient([], status('PROV')), 'provisoire'],
  ['an INS alone', patient([ins()]), 'recuperee'],
  ['PROV with an INS', patient([ins()], status('PROV')), 'recuperee'],
  [
    'PROV collected by INSi',
    patient([], reliability({ identityStatus: 'PROV', methodCollection: 'INSI' })),
    'recuperee',
  ],
  ['a carte Vitale read', patient([], reliability({ methodCollection: 'CV' })), 'recuperee'],
  ['manual entry', patient([], reliability({ methodCollection: 'SM' })), 'provisoire'],
  ['VALI without INS', patient([], status('VALI')), 'validee'],
  ['VALI with an official INS', patient([ins()], status('VALI')), 'qualifiee'],
  [
    'VALI with a test INS',
    patient([ins('official', 'urn:oid:1.2.250.1.213.1.4.10')], status('VALI')),
    'qualifiee',
  ],
  ['VALI with an old INS only', patient([ins('old')], status('VALI')), 'validee'],
  [
    'VALI with a social security number',
    patient([ins('official', 'urn:oid:1.2.250.1.213.1.4.13')], status('VALI')),
    'validee',
  ],
  [
    'VALI with an OID badly written',
    patient([ins('official', '1.2.250.1.213.1.4.8')], status('VALI')),
    'validee',
  ],
  ['VALI contradicted by PROV', patient([ins()], status('VALI'), status('PROV')), 'recuperee'],
  ['VALI and homonym', patient([ins()], status('VALI'), status('HOMD')), 'qualifiee'],
  ['VALI and doubtful', patient([ins()], status('VALI'), status('DOUT')), 'provisoire'],
  ['fictitious', patient([ins()], status('FICT')), 'provisoire'],
  ['QUAL of the coming system', patient([ins()], coming('QUAL')), 'qualifiee'],
  ['RECUP of the coming system', patient([ins()], coming('RECUP')), 'recuperee'],
  ['VALI of the coming system', patient([ins()], coming('VALI')), 'validee'],
  ['PROV of the coming system with an INS', patient([ins()], coming('PROV')), 'recuperee'],
  [
    'QUAL but doubtful by comment',
    patient([ins()], coming('QUAL'), reliability({ comment: 'DOUT' })),
    'provisoire',
  ],
  ['QUAL of another system', patient([ins()], status('QUAL')), 'recuperee'],
]

for (const [name, resource, expected] of statuses)
  t.test(`${name} is ${expected}`, async (t) => {
    t.equal(identityTrust(resource).status, expected)
  })

t.test('keeps the two facts apart', async (t) => {
  t.same(identityTrust(patient([], status('VALI'))), {
    isRecoveredFromInsi: false,
    isCoherenceChecked: true,
    status: 'validee',
  })
})

t.test('finds the five traits in FR Core places', async (t) => {
  t.same(missingTraits(whole()), [])
  t.same(missingTraits(patient([])), [
    'birthFamilyName',
    'birthGivenNames',
    'birthDate',
    'sex',
    'birthPlace',
  ])
  t.same(missingTraits({ ...whole(), gender: 'other' }), ['sex'])
  t.same(missingTraits({ ...whole(), name: [{ use: 'usual', family: 'X' }] }), [
    'birthFamilyName',
    'birthGivenNames',
  ])
})

t.test('calls an identity qualified only with its five traits', async (t) => {
  t.ok(isQualifiedIdentity(whole(status('VALI'))))
  t.notOk(isQualifiedIdentity(whole(status('PROV'))))
  t.notOk(isQualifiedIdentity(patient([ins()], status('VALI'))))
})

const never = { insMayTravel: () => false }
const local: JsonObject = { system: 'http://example.org/ipp', value: '42' }

t.test('leaves a Patient without INS as it is', async (t) => {
  t.equal(withheldForm(patient([local]), never), undefined)
})

t.test('withholds the INS of a Patient, old ones too', async (t) => {
  const resource = { ...whole(status('PROV')), identifier: [local, ins(), ins('old')] }
  const sent = structuredClone(resource)
  t.same(withheldForm(resource, never), { ...resource, identifier: [local] })
  t.same(resource, sent)
  const only = withheldForm(whole(), never)
  t.notOk(Object.hasOwn(only!, 'identifier'), 'no empty list is left')
})

t.test('withholds an INS whose OID is badly written', async (t) => {
  const resource = patient([local, ins('official', '1.2.250.1.213.1.4.8')], status('PROV'))
  t.same(withheldForm(resource, never)?.identifier, [local])
})

t.test('drops a narrative that shows a withheld matricule, and keeps any other', async (t) => {
  const text = (div: string): JsonValue => ({ status: 'generated', div })
  const shown = { ...whole(), text: text('<div>1 80 01 <b>75</b> 999 001 37</div>') }
  t.equal(withheldForm(shown, never)?.text, undefined)
  const silent = { ...whole(), text: text('<div>Jean</div>') }
  t.same(withheldForm(silent, never)?.text, silent.text)
})

const fiche: Resource = {
  resourceType: 'DocumentReference',
  contained: [{ resourceType: 'Patient', id: 'p', identifier: [ins(), local] }],
  subject: { type: 'Patient', identifier: ins() },
  author: [{ reference: '#p', identifier: ins() }],
  context: {
    related: [{ identifier: local }],
    sourcePatientInfo: { reference: '#p' },
  },
  extension: [
    { url: 'http://example.org/a', valueIdentifier: ins() },
    { url: 'http://example.org/b', valueBoolean: true },
  ],
}

t.test('withholds in contained Patients, logical references and extensions', async (t) => {
  const withheld = withheldForm(fiche, never)!
  t.notMatch(JSON.stringify(withheld), value)
  t.same(withheld.contained, [{ resourceType: 'Patient', id: 'p', identifier: [local] }])
  t.match(withheld.subject, { type: 'Patient', extension: [{ valueCode: 'masked' }] })
  t.same(withheld.author, [{ reference: '#p' }])
  t.same(withheld.extension, [{ url: 'http://example.org/b', valueBoolean: true }])
  t.same(withheld.context, fiche.context)
})

t.test('asks about each INS, and leaves the resource alone when all may travel', async (t) => {
  const asked: unknown[] = []
  const insMayTravel = (found: unknown) => asked.push(found) > 0
  t.equal(withheldForm(fiche, { insMayTravel }), undefined)
  t.same(asked[0], { system: NIR, value })
  t.equal(asked.length, 4)
})

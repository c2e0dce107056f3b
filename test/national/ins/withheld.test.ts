/** An INS leaves with a qualified identity only, on every route. Decisions 29 to 33, 56, 70, 71 and 88. */
import t from 'tap'
import { aLot } from '../../../src/demo/main-job.ts'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { Server } from '../../../src/server.ts'
import { aPatient, call } from '../../fixtures.ts'
import {
  brokenRules,
  deposit,
  ficheOf,
  get,
  jobOf,
  locations,
  openRecord,
  otherPatient,
  patch,
  patient,
  patientUrl,
  post,
  read,
  setStatus,
  withStatus,
} from '../dmp/record.ts'

const { system, value } = patient.ins

/** Every way to see the patient and its documents. */
async function everyRoute(server: Server, fiche: string, list: string): Promise<string[]> {
  const id = patientUrl.slice(8)
  const entry = [
    { request: { method: 'GET', url: patientUrl } },
    { request: { method: 'GET', url: fiche } },
    { request: { method: 'GET', url: `Patient?_id=${id}` } },
  ]
  const bundle = { resourceType: 'Bundle', type: 'transaction', entry }
  const answers = await Promise.all([
    get(server, `/${patientUrl}`),
    get(server, `/${patientUrl}/_history`),
    get(server, `/${patientUrl}/_history/1`),
    get(server, '/Patient/_history'),
    get(server, '/_history'),
    get(server, `/Patient?_id=${id}`),
    get(server, `/Patient?_id=${id}&_summary=true`),
    get(server, `/Patient?_id=${id}&_elements=identifier`),
    get(server, `/${fiche}`),
    get(server, `/${fiche}/_history`),
    get(server, `/${list}`),
    get(server, `/DocumentReference?patient=${patientUrl}&_include=DocumentReference:patient`),
    get(server, `/Patient?_id=${id}&_revinclude=DocumentReference:patient`),
    post(server, '', bundle),
    post(server, '', { ...bundle, type: 'batch' }),
  ])
  return answers.map(({ text, status }) => {
    if (status !== 200) throw new Error(text)
    return text
  })
}

t.test('shows the INS of a qualified identity everywhere, and of no other', async (t) => {
  const server = await openRecord(t)
  const { fiches, list } = await deposit(server, 'a')
  const shown = await everyRoute(server, fiches[0]!, list)
  t.ok(shown.filter((text) => text.includes(value)).length >= 13)
  for (const status of ['PROV', 'DOUT', 'FICT']) {
    await setStatus(server, status)
    const hidden = await everyRoute(server, fiches[0]!, list)
    t.same(hidden.filter((text) => text.includes(value)).length, 0, status)
  }
  await setStatus(server, 'VALI')
  const again = await everyRoute(server, fiches[0]!, list)
  t.ok(again.filter((text) => text.includes(value)).length >= 13, 'and again when it is qualified')
  const versions = (await get(server, `/${patientUrl}/_history`)).body.entry!
  t.same(
    versions.map(({ resource }) => JSON.stringify(resource).includes(value)),
    [true, false, false, false, true],
    'a version that was not qualified shows none',
  )
})

t.test('does not show an INS in the answer of a write', async (t) => {
  const server = await openRecord(t)
  const body = withStatus(patient.resource, 'PROV')
  const put = await call(server, 'PUT', `/${patientUrl}`, { body })
  t.equal(put.status, 200)
  t.notMatch(put.text, value)
  const entry = [{ resource: body, request: { method: 'PUT', url: patientUrl } }]
  const answer = await post(
    server,
    '',
    { resourceType: 'Bundle', type: 'transaction', entry },
    { prefer: 'return=representation' },
  )
  t.equal(answer.status, 200)
  t.notMatch(answer.text, value)
  t.match(put.headers, { etag: 'W/"2"' })
})

t.test('accepts an unqualified INS with a warning, and finds nothing by it', async (t) => {
  const server = await openRecord(t)
  const answer = await call(server, 'PUT', `/${patientUrl}`, {
    body: withStatus(patient.resource, 'PROV'),
    headers: { prefer: 'return=OperationOutcome' },
  })
  t.match(answer.text, /ins-not-qualified/)
  await deposit(server, 'a')
  const searches = [
    `/Patient?identifier=${system}|${value}`,
    `/Patient?identifier=${value}`,
    `/DocumentReference?patient.identifier=${system}|${value}&status=current`,
    `/DocumentReference?patient:identifier=${system}|${value}&status=current`,
    `/Observation?subject.identifier=${system}|${value}`,
    `/Patient?_id=${patientUrl.slice(8)}&identifier:not=${system}|x&identifier=${system}|${value}`,
  ]
  for (const path of searches) t.equal((await get(server, path)).body.total, 0, path)
  const conditional = await post(server, '', aLot(jobOf('b', { subject: 'conditional' })))
  t.equal(conditional.status, 422)
  await setStatus(server, 'VALI')
  t.equal((await get(server, searches[0]!)).body.total, 1)
  t.equal((await get(server, searches[2]!)).body.total, 2)
})

t.test('keeps the INS in updates and patches of those who did not see it', async (t) => {
  const server = await openRecord(t)
  await setStatus(server, 'PROV')
  const seen = await read(server, patientUrl)
  t.notMatch(JSON.stringify(seen), value)
  await call(server, 'PUT', `/${patientUrl}`, { body: { ...seen, maritalStatus: { text: 'x' } } })
  const [first] = (await read(server, patientUrl)).identifier as JsonObject[]
  t.not(first!.system, system, 'paths count what was seen')
  for (const operation of [
    { op: 'replace', path: '/identifier/0/value', value: 'IPP-9' },
    { op: 'replace', path: '/gender', value: 'unknown' },
    { op: 'remove', path: '/identifier/0' },
  ]) {
    const answer = await patch(server, patientUrl, [operation])
    t.equal(answer.status, 200, answer.text)
  }
  const status = withStatus(await read(server, patientUrl), 'VALI')
  const requalified = await call(server, 'PUT', `/${patientUrl}`, { body: status })
  t.equal(requalified.status, 200)
  const found = await get(server, `/Patient?identifier=${system}|${value}`)
  t.equal(found.body.total, 1, 'it was there all the time')
  t.same(
    ((await read(server, patientUrl)).identifier as JsonObject[]).map((one) => one.value),
    [value],
  )
})

t.test('lets an update bring another INS', async (t) => {
  const server = await openRecord(t)
  await setStatus(server, 'PROV')
  const seen = await read(server, patientUrl)
  const other = { use: 'official', system, value: '180017599900137' }
  const identifiers = [
    { ...((patient.resource.identifier as JsonObject[])[0] as JsonObject), ...other },
    ...(seen.identifier as JsonObject[]),
  ]
  const body = withStatus({ ...seen, identifier: identifiers }, 'VALI')
  t.equal((await call(server, 'PUT', `/${patientUrl}`, { body })).status, 200)
  t.equal((await get(server, `/Patient?identifier=${system}|${value}`)).body.total, 0)
  t.equal((await get(server, `/Patient?identifier=${system}|180017599900137`)).body.total, 1)
})

t.test('keeps the INS in a document whose metadata change while it is withheld', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  const matricules = JSON.stringify(ficheOf(lot)).split(value).length - 1
  t.ok(matricules > 0)
  const [, fiche, other] = locations(await post(server, '', lot)) as [string, string, string]
  await setStatus(server, 'PROV')
  await patch(server, fiche, [{ op: 'replace', path: '/status', value: 'superseded' }])
  await post(server, '', aLot(jobOf('b')))
  await patch(server, other, [
    {
      op: 'add',
      path: '/securityLabel/0',
      value: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
      },
    },
  ])
  t.notMatch(JSON.stringify(await read(server, fiche)), value)
  await setStatus(server, 'VALI')
  for (const reference of [fiche, other]) {
    const text = JSON.stringify(await read(server, reference))
    t.equal(text.split(value).length - 1, matricules, reference)
  }
})

t.test('keeps the INS of a plain resource in the updates of others', async (t) => {
  const server = await openRecord(t)
  await setStatus(server, 'PROV')
  const observation = {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    subject: { reference: patientUrl, identifier: { system, value } },
    contained: [
      { resourceType: 'Patient', id: 'p', identifier: [{ system, value }], gender: 'male' },
    ],
    performer: [{ reference: '#p' }],
  }
  const made = await post(server, '/Observation', observation)
  t.equal(made.status, 201, made.text)
  t.notMatch(made.text, value)
  const reference = `Observation/${String((made.body as JsonObject).id)}`
  const seen = await read(server, reference)
  const update = await call(server, 'PUT', `/${reference}`, {
    body: { ...seen, status: 'amended' },
  })
  t.equal(update.status, 200, update.text)
  await patch(server, reference, [{ op: 'replace', path: '/contained/0/gender', value: 'female' }])
  await setStatus(server, 'VALI')
  const whole = await read(server, reference)
  t.match(whole.subject, { reference: patientUrl, identifier: { system, value } })
  t.match(whole.contained, [{ gender: 'female', identifier: [{ value }] }])
  t.match(whole, { status: 'amended' })
})

t.test('drops a narrative that shows the matricule, and only then', async (t) => {
  const server = await openRecord(t)
  const text = (words: string) => ({
    status: 'generated',
    div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>${words}</p></div>`,
  })
  const spaced = value.replace(/(\d)(\d\d)/, '$1 $2 ')
  const body = { ...withStatus(patient.resource, 'PROV'), text: text(`INS ${spaced}`) }
  await call(server, 'PUT', `/${patientUrl}`, { body })
  t.equal((await read(server, patientUrl)).text, undefined)
  await call(server, 'PUT', `/${patientUrl}`, { body: { ...body, text: text('Une personne') } })
  t.match((await read(server, patientUrl)).text, { status: 'generated' })
})

t.test(
  'refuses a second patient with the same qualified INS, also at once and in one plan',
  async (t) => {
    const server = await openRecord(t)
    const { id: _, ...copy } = patient.resource
    const answer = await post(server, '/Patient', copy)
    t.equal(answer.status, 409)
    t.same(brokenRules(answer), ['ins-unique'])
    t.match(answer.body.issue, [{ code: 'duplicate' }])
    t.notMatch(answer.text, patientUrl, 'without the id of the other')
    const twin = otherInsOf(copy)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(server, '/Patient', twin)),
    )
    t.same(answers.map(({ status }) => status).toSorted(), [
      201,
      ...Array.from({ length: 9 }, () => 409),
    ])
    const third = otherInsOf(copy, '260039900000157')
    const entry = [0, 1].map(() => ({
      resource: third,
      request: { method: 'POST', url: 'Patient' },
    }))
    const both = await post(server, '', { resourceType: 'Bundle', type: 'transaction', entry })
    t.equal(both.status, 409)
    const unqualified = await post(server, '/Patient', withStatus(copy as Resource, 'PROV'))
    t.equal(unqualified.status, 201, 'an unqualified identity identifies nobody')
    const exists = await call(server, 'POST', '/Patient', {
      body: withStatus(otherInsOf(copy, '190122B99900101'), 'PROV'),
      headers: { 'if-none-exist': `identifier=${system}|190122B99900101` },
    })
    t.equal(exists.status, 201)
  },
)

function otherInsOf(resource: object, matricule = '180017599900137'): Resource {
  return JSON.parse(JSON.stringify(resource).replaceAll(value, matricule)) as Resource
}

t.test('checks keys as the settings say', async (t) => {
  const wrong = (oid: string, matricule = '180017599900138') =>
    aPatient({ identifier: [{ system: `urn:oid:1.2.250.1.213.1.4.${oid}`, value: matricule }] })
  const strict = await openRecord(t)
  for (const [oid, matricule, status, rule] of [
    ['8', '180017599900138', 422, 'ins-key'],
    ['9', '1800175999001', 422, 'ins-shape'],
    ['10', '180017599900138', 201, 'ins-key'],
    ['11', '285072a99900189', 201, 'ins-shape'],
  ] as const) {
    const answer = await call(strict, 'POST', '/Patient', {
      body: wrong(oid, matricule),
      headers: { prefer: 'return=OperationOutcome' },
    })
    t.equal(answer.status, status, oid)
    t.match(answer.text, rule)
    t.match(answer.text, /"code":"value"/, 'it is the value that is wrong')
    t.notMatch(answer.text, matricule, 'the value is not repeated')
  }
  const inReference = await post(strict, '/Observation', {
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'x' },
    subject: { identifier: { system: 'urn:oid:1.2.250.1.213.1.4.8', value: '180017599900138' } },
  })
  t.equal(inReference.status, 422, 'wherever an Identifier stands')
  const lenient = await openRecord(t, { env: { INS_KEY: 'warning' } })
  t.equal((await post(lenient, '/Patient', wrong('8'))).status, 201)
  const practitioner = {
    resourceType: 'Practitioner',
    identifier: [{ system: 'https://rpps.esante.gouv.fr', value: '10001234561' }],
  }
  t.equal((await post(strict, '/Practitioner', practitioner)).status, 201)
  const registries = await openRecord(t, { env: { REGISTRY_KEYS: 'error' } })
  const refused = await post(registries, '/Practitioner', practitioner)
  t.equal(refused.status, 422)
  t.same(brokenRules(refused), ['registry-key'])
})

t.test('withholds the INS of another record that a Patient repeats', async (t) => {
  const server = await openRecord(t)
  const link = [
    {
      other: { type: 'Patient', identifier: { system, value: otherPatient.ins.value } },
      type: 'seealso',
    },
  ]
  const answer = await call(server, 'PUT', `/${patientUrl}`, {
    body: { ...patient.resource, link },
  })
  t.equal(answer.status, 200, answer.text)
  t.notMatch(answer.text, otherPatient.ins.value)
})

/** The DMP's rules under access control: whose identifiers, who feeds, who receives an INS. Decisions 4, 23, 27, 30, 45 and 84. */
import t, { type Test } from 'tap'
import { aLot, aReplacement } from '../../../src/demo/main-job.ts'
import type { Caller } from '../../../src/auth/caller.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { citizen, clinic, establishment, operator, professional } from '../../access/callers.ts'
import { call, openServer, type Answer } from '../../fixtures.ts'
import {
  aPublish,
  brokenRules,
  ficheOf,
  jobOf,
  locations,
  patient,
  patientUrl,
  people,
  statuses,
  withStatus,
} from './record.ts'

const hospital = establishment()
const other = establishment(clinic)

async function world(t: Test) {
  let caller: Caller = operator
  const server = await openServer(t, { national: true, authenticate: () => caller })
  const as = (
    who: Caller,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    caller = who
    return call(server, method, path, body === undefined ? { headers } : { body, headers })
  }
  const directory = [
    ...people.establishments.map(({ resource }) => resource),
    ...people.professionals.flatMap(({ practitioner, role }) => [practitioner, role]),
  ]
  const put = (resource: (typeof directory)[0]) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${String(resource.id)}` },
  })
  const loaded = await as(operator, 'POST', '', {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: directory.map(put),
  })
  t.equal(loaded.status, 200, loaded.text)
  const made = await as(hospital, 'PUT', `/${patientUrl}`, patient.resource)
  t.equal(made.status, 201, made.text)
  const patchAs = (who: Caller, reference: string, operations: JsonObject[]) =>
    as(who, 'PATCH', `/${reference}`, JSON.stringify(operations), {
      'content-type': 'application/json-patch+json',
    })
  return { as, patchAs, server }
}

const mask = {
  coding: [
    {
      system:
        'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument',
      code: 'MASQUE_PS',
    },
  ],
}

t.test('feeds without any right to consult, and answers the retry', async (t) => {
  const { as, server } = await world(t)
  const lot = aLot(jobOf('a'))
  const first = await as(other, 'POST', '', lot)
  t.equal(first.status, 200, first.text)
  const sequence = server.store.sequence()
  const again = await as(other, 'POST', '', lot)
  t.equal(again.status, 200, again.text)
  t.same(locations(again), locations(first))
  t.equal(server.store.sequence(), sequence)
  const conditional = await as(other, 'POST', '', aLot(jobOf('b', { subject: 'conditional' })))
  t.equal(conditional.status, 200, conditional.text)
  const published = await as(other, 'POST', '/DocumentReference', aPublish())
  t.equal(published.status, 201, published.text)
  const logical = aPublish({
    masterIdentifier: { value: 'logical' },
    subject: { identifier: patient.ins },
  })
  t.equal((await as(other, 'POST', '/DocumentReference', logical)).status, 201)
})

t.test('keeps masterIdentifier unique within an organisation only', async (t) => {
  const { as } = await world(t)
  const lot = aLot(jobOf('a'))
  const first = await as(hospital, 'POST', '', lot)
  const copy = JSON.parse(JSON.stringify(lot)) as typeof lot
  for (const index of [0, 1]) delete ficheOf(copy, index).identifier
  const elsewhere = await as(other, 'POST', '', copy)
  t.equal(elsewhere.status, 200, 'tells a stranger nothing')
  t.not(locations(elsewhere)[1], locations(first)[1])
  ficheOf(copy).description = 'autre'
  t.equal((await as(other, 'POST', '', copy)).status, 409)
})

t.test('lets the depositor mask, hide and delete, and a stranger not even see', async (t) => {
  const { as, patchAs } = await world(t)
  const made = locations(await as(hospital, 'POST', '', aLot(jobOf('a'))))
  const fiche = made[1]!
  const masked = await patchAs(hospital, fiche, [
    { op: 'add', path: '/securityLabel/0', value: mask },
  ])
  t.equal(masked.status, 200, masked.text)
  const remove = [{ op: 'replace', path: '/status', value: 'entered-in-error' }]
  t.equal((await patchAs(other, fiche, remove)).status, 404)
  t.equal((await patchAs(hospital, fiche, remove)).status, 200)
  t.equal((await as(hospital, 'GET', `/${fiche}`)).status, 410)
  t.equal((await as(hospital, 'GET', `/${made[3]}`)).status, 410)
})

t.test('replaces for the depositor only, with one answer for hidden and absent', async (t) => {
  const { as } = await world(t)
  const made = locations(await as(hospital, 'POST', '', aLot(jobOf('a'))))
  const replaced = made[1]!
  const lot = (seed: string, target = replaced) =>
    aReplacement({ ...jobOf(seed), replaced: target, withPatch: false })
  const stranger = await as(other, 'POST', '', lot('b'))
  const absent = await as(other, 'POST', '', lot('b', 'DocumentReference/nobody'))
  t.equal(stranger.status, 422)
  t.same(brokenRules(stranger), ['pdsm-replaced-target'])
  const plain = ({ text }: Answer) => text.replace(/"id":"[^"]*"/, '')
  t.equal(plain(stranger), plain(absent))
  const own = await as(hospital, 'POST', '', lot('c'))
  t.equal(own.status, 200, own.text)
  t.same(statuses(own), ['201 Created', '201 Created', '201 Created'])
})

t.test('gives a withheld INS to the organisation that deposited the identity alone', async (t) => {
  const { as } = await world(t)
  await as(hospital, 'PUT', `/${patientUrl}`, withStatus(patient.resource, 'PROV'))
  await as(other, 'POST', '', aLot(jobOf('a')))
  const { value } = patient.ins
  t.match((await as(hospital, 'GET', `/${patientUrl}`)).text, value)
  const self = await as(citizen(patient.id), 'GET', `/${patientUrl}`)
  t.equal(self.status, 200)
  t.notMatch(self.text, value)
  const feeder = await as(other, 'GET', `/${patientUrl}`)
  t.notMatch(feeder.text, value)
})

t.test('shuts a closed record to all but its patient', async (t) => {
  const { as, patchAs } = await world(t)
  const made = locations(await as(hospital, 'POST', '', aLot(jobOf('a'))))
  const closed = await as(citizen(patient.id), 'POST', `/${patientUrl}/$close-record`, {
    resourceType: 'Parameters',
    parameter: [{ name: 'reason', valueString: 'Je le souhaite' }],
  })
  t.equal(closed.status, 200, closed.text)
  t.equal((await as(citizen(patient.id), 'GET', `/${made[1]}`)).status, 200)
  t.equal((await as(citizen(patient.id), 'GET', `/${made[3]}`)).status, 200)
  const search = `/DocumentReference?patient=${patientUrl}&status=current`
  t.equal((await as(citizen(patient.id), 'GET', search)).body.total, 2)
  t.equal((await as(hospital, 'GET', `/${made[1]}`)).status, 403)
  t.equal((await as(hospital, 'GET', search)).status, 403)
  t.equal((await as(hospital, 'POST', '', aLot(jobOf('b')))).status, 403)
  t.equal((await as(professional('10000000001'), 'POST', '', aLot(jobOf('c')))).status, 403)
  const archive = [{ op: 'replace', path: '/status', value: 'superseded' }]
  t.equal((await patchAs(hospital, made[1]!, archive)).status, 403)
})

/** A lot that comes twice, and many at once. Decisions 4, 5 and 72. */
import t from 'tap'
import { aLot } from '../../../src/demo/main-job.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { call } from '../../fixtures.ts'
import {
  counts,
  brokenRules,
  deposit,
  ficheOf,
  get,
  jobOf,
  locations,
  openRecord,
  patient,
  patientUrl,
  post,
  read,
  statuses,
} from './record.ts'

t.test(
  'answers a retry like the first time, with new fullUrls too, and stores nothing',
  async (t) => {
    const server = await openRecord(t)
    const lot = aLot(jobOf('a'))
    const first = await post(server, '', lot)
    const before = server.store.sequence()
    const again = await post(server, '', lot)
    t.equal(again.status, 200)
    t.same(locations(again), locations(first))
    t.same(statuses(again), statuses(first))
    let text = JSON.stringify(lot)
    for (const { fullUrl } of lot.entry)
      text = text.replaceAll(String(fullUrl), `urn:uuid:${crypto.randomUUID()}`)
    t.same(locations(await post(server, '', JSON.parse(text))), locations(first))
    t.equal(server.store.sequence(), before, 'nothing was stored')
  },
)

t.test('recognises a retry after the first documents were changed', async (t) => {
  const server = await openRecord(t)
  const { bundle, fiches, list } = await deposit(server, 'a')
  await call(server, 'PATCH', `/${fiches[0]}`, {
    body: [{ op: 'replace', path: '/status', value: 'superseded' }],
    headers: { 'content-type': 'application/json-patch+json' },
  })
  const again = await post(server, '', bundle)
  t.equal(again.status, 200)
  t.equal(locations(again)[0], list)
  t.match((again.body.entry![1]!.response as JsonObject).location, /_history\/1$/)
})

t.test(
  'refuses another deposit with the same masterIdentifier, and overwrites nothing',
  async (t) => {
    const server = await openRecord(t)
    const { bundle, fiches } = await deposit(server, 'a')
    const other = aLot(jobOf('b'))
    ficheOf(other).masterIdentifier = ficheOf(bundle).masterIdentifier!
    const answer = await post(server, '', other)
    t.equal(answer.status, 409)
    t.same(brokenRules(answer), ['pdsm-master-identifier'])
    t.match(answer.text, fiches[0], 'names the document, which this caller may read')
    t.match(await read(server, fiches[0]!), { meta: { versionId: '1' } })
    const changed = structuredClone(bundle)
    ficheOf(changed).description = 'Autre'
    t.equal((await post(server, '', changed)).status, 409, 'one other word is another deposit')
    const uuid = structuredClone(bundle)
    ficheOf(uuid).identifier = [
      {
        use: 'official',
        system: 'urn:ietf:rfc:3986',
        value: 'urn:uuid:11111111-1111-4111-8111-111111111111',
      },
    ]
    t.equal((await post(server, '', uuid)).status, 409, 'so is another entryUUID')
  },
)

t.test('answers the retry of a lot that brought its Patient', async (t) => {
  const server = await openRecord(t)
  const fullUrl = 'urn:uuid:00000000-0000-4000-8000-000000000009'
  const { name, gender, birthDate } = patient.resource
  const lot = JSON.parse(
    JSON.stringify(aLot(jobOf('a'))).replaceAll(`"${patientUrl}"`, `"${fullUrl}"`),
  ) as ReturnType<typeof aLot>
  lot.entry.push({
    fullUrl,
    resource: { resourceType: 'Patient', name: name!, gender: gender!, birthDate: birthDate! },
    request: { method: 'POST', url: 'Patient' },
  })
  const first = await post(server, '', lot)
  t.equal(first.status, 200, first.text)
  const again = await post(server, '', lot)
  t.equal(again.status, 200, again.text)
  t.same(locations(again), locations(first))
})

t.test('refuses a second document with an entryUUID that another bears', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const other = aLot(jobOf('b'))
  ficheOf(other).identifier = (await read(server, fiches[0]!)).identifier!
  const answer = await post(server, '', other)
  t.equal(answer.status, 409)
  t.same(brokenRules(answer), ['pdsm-entry-uuid'])
})

t.test('refuses two documents of one lot with the same masterIdentifier', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  ficheOf(lot, 1).masterIdentifier = ficheOf(lot, 0).masterIdentifier!
  const answer = await post(server, '', lot)
  t.equal(answer.status, 409)
  t.same(brokenRules(answer), ['pdsm-master-identifier'])
})

t.test('refuses a retry after the document was deleted', async (t) => {
  const server = await openRecord(t)
  const { bundle, fiches } = await deposit(server, 'a')
  await call(server, 'PATCH', `/${fiches[0]}`, {
    body: [{ op: 'replace', path: '/status', value: 'entered-in-error' }],
    headers: { 'content-type': 'application/json-patch+json' },
  })
  const again = await post(server, '', bundle)
  t.equal(again.status, 409)
  t.same(brokenRules(again), ['pdsm-master-identifier'])
  const other = aLot(jobOf('b'))
  ficheOf(other).masterIdentifier = ficheOf(bundle).masterIdentifier!
  t.equal((await post(server, '', other)).status, 409, 'the identifier is not free again')
})

t.test('finds all of 200 lots sent at once', async (t) => {
  const server = await openRecord(t)
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) => post(server, '', aLot(jobOf(`many-${index}`)))),
  )
  t.ok(answers.every(({ status }) => status === 200))
  t.same(await counts(server), [400, 200])
  const found = await get(
    server,
    `/DocumentReference?patient=${patientUrl}&status=current&_count=1`,
  )
  t.equal(found.body.total, 400)
})

t.test('takes one of 20 different lots with one masterIdentifier sent at once', async (t) => {
  const server = await openRecord(t)
  const lots = Array.from({ length: 20 }, (_, index) => {
    const lot = aLot(jobOf(`race-${index}`))
    ficheOf(lot).masterIdentifier = {
      use: 'usual',
      system: 'urn:ietf:rfc:3986',
      value: 'urn:oid:2.25.1',
    }
    return lot
  })
  const answers = await Promise.all(lots.map((lot) => post(server, '', lot)))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.equal(answers.filter(({ status }) => status === 409).length, 19)
  t.same(await counts(server), [2, 1])
})

t.test('answers the same lot sent 10 times at once with the same documents', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  const answers = await Promise.all(Array.from({ length: 10 }, () => post(server, '', lot)))
  t.ok(answers.every(({ status }) => status === 200))
  for (const answer of answers) t.same(locations(answer), locations(answers[0]!))
  t.same(await counts(server), [2, 1])
})

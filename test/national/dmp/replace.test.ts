/** Y replaces X: with a PATCH entry, by relatesTo alone, once. Decisions 7, 68 and 75. */
import t from 'tap'
import { aLot, aReplacement, supersedeParameters } from '../../../src/demo/main-job.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import type { Server } from '../../../src/server.ts'
import {
  aPublish,
  brokenRules,
  deposit,
  entryUuidOf,
  ficheOf,
  get,
  jobOf,
  locations,
  openRecord,
  otherPatient,
  patch,
  patientUrl,
  post,
  read,
  statuses,
} from './record.ts'

function replacement(seed: string, replaced: string, withPatch = false) {
  return aReplacement({ ...jobOf(seed), replaced, withPatch })
}

async function currentDocuments(server: Server): Promise<string[]> {
  const found = await get(server, `/DocumentReference?patient=${patientUrl}&status=current`)
  return found.body.entry!.map(({ resource }) => `DocumentReference/${(resource as JsonObject).id}`)
}

t.test('replaces by a lot with the PATCH entry', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const [replaced] = fiches as [string]
  const before = await read(server, replaced)
  const answer = await post(server, '', replacement('b', replaced, true))
  t.same(statuses(answer), ['201 Created', '201 Created', '201 Created', '200 OK'])
  const made = locations(answer)
  t.equal(made[3], replaced, 'the PATCH entry has a location too')
  const old = await read(server, replaced)
  t.match(old, { status: 'superseded', meta: { versionId: '2' } })
  t.not(entryUuidOf(old), entryUuidOf(before))
  t.match(await read(server, made[1]!), {
    status: 'current',
    relatesTo: [{ code: 'replaces', target: { reference: replaced } }],
  })
  t.same((await currentDocuments(server)).toSorted(), [fiches[1], made[1]].toSorted())
  t.equal((await get(server, `/${replaced}`)).status, 200, 'the old one stays readable')
})

t.test('replaces by relatesTo alone: the server supersedes the target', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const answer = await post(server, '', replacement('b', fiches[0]!))
  t.same(statuses(answer), ['201 Created', '201 Created', '201 Created'])
  t.match(await read(server, fiches[0]!), { status: 'superseded', meta: { versionId: '2' } })
})

t.test('finds the target by its entryUUID or uniqueId within the record', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  for (const [index, fiche] of fiches.entries()) {
    const { masterIdentifier, identifier } = await read(server, fiche)
    const lot = replacement(`b${index}`, 'DocumentReference/x')
    const named = index === 0 ? masterIdentifier! : (identifier as JsonObject[])[0]!
    ficheOf(lot).relatesTo = [{ code: 'replaces', target: { identifier: named } }]
    const answer = await post(server, '', lot)
    t.equal(answer.status, 200)
    t.match(await read(server, fiche), { status: 'superseded' })
    t.match(await read(server, locations(answer)[1]!), {
      relatesTo: [{ target: { reference: fiche, identifier: named } }],
    })
  }
})

t.test('replaces by a simplified publish', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const relatesTo = [{ code: 'replaces', target: { reference: fiches[0]! } }]
  const answer = await post(server, '/DocumentReference', aPublish({ relatesTo }))
  t.equal(answer.status, 201)
  t.match(await read(server, fiches[0]!), { status: 'superseded' })
})

t.test('answers the retry of a replacement like the first time', async (t) => {
  const server = await openRecord(t)
  for (const withPatch of [true, false]) {
    const { fiches } = await deposit(server, `a-${withPatch}`)
    const lot = replacement(`b-${withPatch}`, fiches[0]!, withPatch)
    const first = await post(server, '', lot)
    await patch(server, fiches[0]!, [{ op: 'add', path: '/extension', value: [] }])
    const sequence = server.store.sequence()
    const again = await post(server, '', lot)
    t.equal(again.status, 200)
    t.same(locations(again), locations(first))
    t.same(statuses(again), statuses(first))
    t.equal(server.store.sequence(), sequence)
  }
})

t.test('answers the retry of a lot that names what it replaces by an old entryUUID', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const [replaced] = fiches as [string]
  const name = `DocumentReference?identifier=urn:ietf:rfc:3986|${entryUuidOf(await read(server, replaced))}`
  const byEntry = replacement('b', replaced, true)
  byEntry.entry.at(-1)!.request.url = name
  const byReference = replacement('c', fiches[1]!)
  const second = `DocumentReference?identifier=${entryUuidOf(await read(server, fiches[1]!))}`
  ficheOf(byReference).relatesTo = [{ code: 'replaces', target: { reference: second } }]
  for (const lot of [byEntry, byReference]) {
    const first = await post(server, '', lot)
    t.equal(first.status, 200, first.text)
    const sequence = server.store.sequence()
    const again = await post(server, '', lot)
    t.equal(again.status, 200, again.text)
    t.same(locations(again), locations(first))
    t.equal(server.store.sequence(), sequence)
  }
  const changed = structuredClone(byEntry)
  ficheOf(changed).description = 'autre'
  t.equal((await post(server, '', changed)).status, 404, 'not the same lot: the name is gone')
  const plain = { resourceType: 'Bundle', type: 'transaction', entry: [byEntry.entry.at(-1)!] }
  t.equal((await post(server, '', plain)).status, 404)
})

t.test('refuses a target that is unknown, of another patient, or not current', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const foreign = await deposit(server, 'foreign', { patient: otherPatient })
  await patch(server, fiches[1]!, [{ op: 'replace', path: '/status', value: 'superseded' }])
  const deleted = await deposit(server, 'deleted')
  await patch(server, deleted.fiches[0]!, [
    { op: 'replace', path: '/status', value: 'entered-in-error' },
  ])
  const targets: [string, RegExp][] = [
    ['DocumentReference/nobody', /leads to no document/],
    [foreign.fiches[0]!, /another patient/],
    [fiches[1]!, /superseded, not current/],
    [deleted.fiches[0]!, /leads to no document/],
  ]
  for (const [target, words] of targets) {
    const answer = await post(server, '', replacement(target, target))
    t.equal(answer.status, 422, target)
    t.same(brokenRules(answer), ['pdsm-replaced-target'])
    t.match(answer.text, words)
  }
  t.match(await read(server, foreign.fiches[0]!), { status: 'current', meta: { versionId: '1' } })
})

t.test("answers R4's 404 to a PATCH entry on an unknown id", async (t) => {
  const server = await openRecord(t)
  const answer = await post(server, '', replacement('b', 'DocumentReference/nobody', true))
  t.equal(answer.status, 404)
})

t.test('refuses two documents of one lot that replace the same one', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const lot = aLot(jobOf('b'))
  for (const index of [0, 1])
    ficheOf(lot, index).relatesTo = [{ code: 'replaces', target: { reference: fiches[0]! } }]
  const answer = await post(server, '', lot)
  t.equal(answer.status, 422)
  t.same(brokenRules(answer), ['pdsm-replaced-twice'])
})

t.test('refuses a document that replaces two', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const lot = replacement('b', fiches[0]!)
  ficheOf(lot).relatesTo = fiches.map((reference) => ({ code: 'replaces', target: { reference } }))
  const answer = await post(server, '', lot)
  t.equal(answer.status, 422)
  t.same(brokenRules(answer), ['constr-bind-relatesTo'])
})

t.test('refuses a PATCH entry that leaves the replaced document current', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const lot = replacement('b', fiches[0]!, true)
  const parameters = supersedeParameters()
  const [operation] = parameters.parameter as { part: JsonObject[] }[]
  operation!.part[2] = { name: 'value', valueCode: 'current' }
  lot.entry[3]!.resource = parameters
  const answer = await post(server, '', lot)
  t.equal(answer.status, 422)
  t.same(brokenRules(answer), ['pdsm-replaced-target'])
})

t.test('takes a PATCH entry without relatesTo as a plain change of metadata', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const lot = replacement('b', fiches[0]!, true)
  delete ficheOf(lot).relatesTo
  t.equal((await post(server, '', lot)).status, 200)
  t.match(await read(server, fiches[0]!), { status: 'superseded' })
})

t.test('lets a superseded document be current again only when nothing replaces it', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const made = locations(await post(server, '', replacement('b', fiches[0]!)))
  const restore = [{ op: 'replace', path: '/status', value: 'current' }]
  const refused = await patch(server, fiches[0]!, restore)
  t.equal(refused.status, 422)
  t.same(brokenRules(refused), ['pdsm-restored-while-replaced'])
  await patch(server, made[1]!, [{ op: 'replace', path: '/status', value: 'entered-in-error' }])
  t.equal((await patch(server, fiches[0]!, restore)).status, 200)
})

t.test('lets one of 20 replacements of one document win, however they are sent', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const lots = Array.from({ length: 20 }, (_, index) =>
    replacement(`race-${index}`, fiches[0]!, index % 2 === 0),
  )
  const answers = await Promise.all(lots.map((lot) => post(server, '', lot)))
  t.equal(answers.filter(({ status }) => status === 200).length, 1)
  t.ok(answers.every(({ status }) => [200, 409, 422].includes(status)))
  t.equal(
    (await currentDocuments(server)).length,
    2,
    'the other document of the lot, and the winner',
  )
})

t.test('answers the same replacement sent 10 times at once as one', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  for (const [index, withPatch] of [true, false].entries()) {
    const lot = replacement(`b${index}`, fiches[index]!, withPatch)
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(server, '', lot)))
    for (const answer of answers) {
      t.equal(answer.status, 200, answer.text.slice(0, 500))
      t.same(locations(answer), locations(answers[0]!))
    }
  }
  t.equal((await currentDocuments(server)).length, 2)
})

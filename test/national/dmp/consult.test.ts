/** TD0.2, TD3.1 (ITI-66, ITI-67) and TD3.2 (ITI-68); closed records. Decisions 14, 15, 27, 37 and 41. */
import { connect, type AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { aLot } from '../../../src/demo/main-job.ts'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import {
  missingParameters,
  requireSearchMinimum,
} from '../../../src/national/dmp/search-minimums.ts'
import { call } from '../../fixtures.ts'
import {
  attachmentOf,
  author,
  brokenRules,
  deposit,
  ficheOf,
  get,
  jobOf,
  openRecord,
  patch,
  patient,
  patientUrl,
  post,
  read,
} from './record.ts'

const ins = `${patient.ins.system}|${patient.ins.value}`

t.test('finds a record by INS, exactly (TD0.2)', async (t) => {
  const server = await openRecord(t)
  const found = await get(server, `/Patient?identifier=${ins}`)
  t.equal(found.body.total, 1)
  t.match(found.body.entry, [{ resource: { active: true, identifier: [patient.ins] } }])
  for (const other of [
    patient.ins.value,
    `urn:oid:1.2.250.1.213.1.4.8|${patient.ins.value}`,
    `${patient.ins.system}|180017599900137`,
  ]) {
    const answer = await get(server, `/Patient?identifier=${other}`)
    t.equal(answer.status, 200)
    t.equal(answer.body.total, 0, other)
  }
  await deposit(server, 'a')
  const documents = (name: string, value: string) =>
    get(server, `/DocumentReference?${name}=${value}&status=current`)
  for (const name of ['patient.identifier', 'subject:Patient.identifier']) {
    t.equal((await documents(name, ins)).body.total, 2)
    t.equal((await documents(name, patient.ins.value)).body.total, 0, name)
  }
  const identifiers = patient.resource.identifier as { system: string; value: string }[]
  const { value } = identifiers.find(({ system }) => system !== patient.ins.system)!
  t.equal(
    (await get(server, `/Patient?identifier=${value}`)).body.total,
    1,
    'others by value alone',
  )
})

t.test('searches documents by GET and POST alike, exact totals, absolute urls', async (t) => {
  const server = await openRecord(t)
  for (const seed of ['a', 'b', 'c']) await deposit(server, seed)
  const query = `patient.identifier=${ins}&status=current&_count=2`
  const byGet = await get(server, `/DocumentReference?${query}`)
  const byPost = await call(server, 'POST', '/DocumentReference/_search', {
    body: query.replaceAll('|', '%7C'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.equal(byGet.body.total, 6)
  t.same(byPost.body.entry, byGet.body.entry)
  t.equal(byGet.body.entry!.length, 2)
  for (const entry of byGet.body.entry!) {
    t.match(entry.fullUrl, /^http:\/\/localhost:8080\/fhir\/DocumentReference\//)
    t.match(
      attachmentOf(entry.resource as Resource).url,
      /^http:\/\/localhost:8080\/fhir\/Binary\//,
    )
  }
  const none = await get(server, `/DocumentReference?patient=${patientUrl}&status=superseded`)
  t.equal(none.status, 200)
  t.equal(none.body.total, 0)
})

t.test('answers every parameter that the guides name', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const fiche = await read(server, fiches[0]!)
  const codeOf = (value: unknown) => {
    const { coding } = value as { coding: { system: string; code: string }[] }
    return `${coding[0]!.system}|${coding[0]!.code}`
  }
  const { context, type, category, masterIdentifier, content, date } = fiche as never as {
    context: { facilityType: never; practiceSetting: never; period: { start: string } }
    type: never
    category: never[]
    masterIdentifier: { system: string; value: string }
    content: { format: { system: string; code: string }; attachment: { creation: string } }[]
    date: string
  }
  const practitioner = (author.practitioner.name as { family: string; given: string[] }[])[0]!
  const rpps = `https://rpps.esante.gouv.fr|${author.rpps}`
  const parameters: Record<string, string> = {
    type: codeOf(type),
    category: codeOf(category[0]),
    facility: codeOf(context.facilityType),
    setting: codeOf(context.practiceSetting),
    identifier: `${masterIdentifier.system}|${masterIdentifier.value}`,
    creation: content[0]!.attachment.creation.slice(0, 10),
    date: date.slice(0, 10),
    period: `ge${context.period.start.slice(0, 10)}`,
    'period-start': context.period.start.slice(0, 10),
    format: `${content[0]!.format.system}|${content[0]!.format.code}`,
    isArchived: 'false',
    'author.identifier': rpps,
    'author:Practitioner.identifier': rpps,
    'author.family': practitioner.family,
    'author.given': practitioner.given[0]!,
    'security-label': 'N',
    status: 'current',
  }
  for (const [name, value] of Object.entries(parameters)) {
    const answer = await get(
      server,
      `/DocumentReference?patient=${patientUrl}&_id=${fiches[0]!.split('/')[1]}&${name}=${encodeURIComponent(value)}`,
    )
    t.equal(answer.status, 200, `${name}: ${answer.status === 200 ? '' : answer.text}`)
    t.equal(answer.body.total, 1, `${name}=${value}`)
  }
  for (const name of ['relatesto', 'event', 'related', 'period-end']) {
    const value =
      name === 'period-end' ? '2026-01-01' : name === 'event' ? 'x' : 'DocumentReference/x'
    const answer = await get(server, `/DocumentReference?patient=${patientUrl}&${name}=${value}`)
    t.equal(answer.status, 200, name)
    t.equal(answer.body.total, 0, name)
  }
})

t.test('finds lots by what PDSm and MHD name', async (t) => {
  const server = await openRecord(t)
  const { list } = await deposit(server, 'a')
  const lot = await read(server, list)
  const identifiers = lot.identifier as { system: string; value: string }[]
  const organization = (lot.contained as Resource[]).find(
    ({ resourceType }) => resourceType === 'Organization',
  )!
  const [number] = organization.identifier as { system: string; value: string }[]
  const parameters: Record<string, string> = {
    code: 'submissionset',
    status: 'current',
    date: String(lot.date).slice(0, 10),
    designationType: '60',
    sourceId: 'urn:oid:2.25.99990001',
    identifier: identifiers[0]!.value,
    isArchived: 'false',
    title: String(lot.title).slice(0, 8),
    'authorOrg:identifier': `${number!.system}|${number!.value}`,
    'authorOrg.identifier': `${number!.system}|${number!.value}`,
    'patient.identifier': ins,
  }
  for (const [name, value] of Object.entries(parameters)) {
    const answer = await get(
      server,
      `/List?patient=${patientUrl}&${name}=${encodeURIComponent(value)}`,
    )
    t.equal(answer.status, 200, `${name}: ${answer.text.slice(0, 300)}`)
    t.equal(answer.body.total, 1, `${name}=${value}`)
  }
})

t.test('asks DMP clients for the minimum of a search, and not AUTH=open', async (t) => {
  const server = await openRecord(t)
  t.equal((await get(server, '/DocumentReference?status=current')).status, 200)
  t.same(missingParameters('DocumentReference', [['status', 'current']]), [
    'patient or patient.identifier',
  ])
  t.same(missingParameters('DocumentReference', [['patient', 'Patient/1']]), ['status'])
  t.same(
    missingParameters('DocumentReference', [
      ['patient.identifier', 'x|1'],
      ['identifier', 'y'],
    ]),
    [],
  )
  t.same(
    missingParameters('List', [
      ['patient', 'Patient/1'],
      ['status', 'current'],
    ]),
    ['code'],
  )
  t.same(missingParameters('Observation', []), [])
  const refuse = () => requireSearchMinimum({ kind: 'professional' } as never, 'List', [])
  t.throws(refuse, /needs patient or patient.identifier and code and status/)
  const places = ['http.patient', 'http.code', 'http.status']
  try {
    refuse()
  } catch (error) {
    t.match(error, { issues: [{ expression: places, rule: 'dmp-search-minimum' }] })
  }
  t.doesNotThrow(() => requireSearchMinimum({ kind: 'open' } as never, 'List', []))
})

t.test('gives the bytes in the form that is asked for (TD3.2)', async (t) => {
  const server = await openRecord(t)
  const { contents, bundle } = await deposit(server, 'a')
  const path = `/${contents[0]}`
  const native = await get(server, path, { accept: 'application/xml' })
  t.equal(native.headers['content-type'], 'application/xml')
  const resource = await get(server, path, { accept: 'application/fhir+json' })
  t.match(resource.body, { resourceType: 'Binary', contentType: 'application/xml' })
  t.equal((resource.body as JsonObject).data, native.bytes.toString('base64'))
  t.equal((await get(server, path, { accept: 'image/png' })).status, 406)
  t.equal((await get(server, '/Binary/nobody', { accept: 'application/xml' })).status, 404)
  t.equal(attachmentOf(ficheOf(bundle)).size, native.bytes.length)
})

t.test('closes a record: found, and nothing else', async (t) => {
  const server = await openRecord(t)
  const { fiches, list, contents } = await deposit(server, 'a')
  const stored = await read(server, patientUrl)
  await call(server, 'PUT', `/${patientUrl}`, { body: { ...stored, active: false } })
  const found = await get(server, `/Patient?identifier=${ins}`)
  t.match(found.body, { total: 1, entry: [{ resource: { active: false } }] })
  const id = fiches[0]!.split('/')[1]!
  const refused: [string, Promise<Awaited<ReturnType<typeof get>>>][] = [
    ['read', get(server, `/${fiches[0]}`)],
    ['vread', get(server, `/${fiches[0]}/_history/1`)],
    ['history', get(server, `/${fiches[0]}/_history`)],
    ['lot', get(server, `/${list}`)],
    ['bytes', get(server, `/${contents[0]}`, { accept: 'application/xml' })],
    ['search', get(server, `/DocumentReference?patient=${patientUrl}&status=current`)],
    ['search by INS', get(server, `/DocumentReference?patient.identifier=${ins}&status=current`)],
    ['lots', get(server, `/List?patient=${patientUrl}&code=submissionset&status=current`)],
    ['feeding', post(server, '', aLot(jobOf('b')))],
    ['retry', post(server, '', aLot(jobOf('a')))],
    [
      'metadata',
      patch(server, fiches[0]!, [{ op: 'replace', path: '/status', value: 'superseded' }]),
    ],
  ]
  for (const [what, answer] of refused) {
    t.equal((await answer).status, 403, what)
    t.same(brokenRules(await answer), ['dmp-closed-record'], what)
  }
  const elsewhere: [string, number][] = [
    [`/DocumentReference?_id=${id}`, 0],
    ['/DocumentReference?status=current', 0],
    [`/List?_id=${list.split('/')[1]}`, 0],
  ]
  for (const [path, total] of elsewhere) t.equal((await get(server, path)).body.total, total, path)
  for (const path of ['/_history?_count=100', '/DocumentReference/_history', '/List/_history']) {
    const listed = await get(server, path)
    t.equal(listed.status, 200)
    t.notMatch(listed.text, fiches[0], path)
    t.notMatch(listed.text, list, path)
  }
  t.match((await get(server, '/_history?_count=100')).text, `/${patientUrl}`)
  const included = await get(
    server,
    `/Patient?_id=${patient.id}&_revinclude=DocumentReference:patient`,
  )
  t.equal(included.body.entry?.length, 1)
  await call(server, 'PUT', `/${patientUrl}`, { body: { ...stored, active: true } })
  t.equal((await get(server, `/${fiches[0]}`)).status, 200, 'until it is opened again')
})

t.test('leaves nothing of a lot whose client hangs up', async (t) => {
  const server = await openRecord(t)
  await server.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.app.server.address() as AddressInfo
  const lot = aLot(jobOf('a'))
  const data = Buffer.alloc(4_000_000, 7).toString('base64')
  for (const entry of lot.entry)
    if (entry.resource.resourceType === 'Binary') entry.resource.data = data
  const body = JSON.stringify(lot)
  t.ok(body.length > 5_000_000)
  const sequence = server.store.sequence()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /fhir HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/fhir+json\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  socket.write(body.slice(0, body.length - 1000))
  await setTimeout(300)
  socket.destroy()
  await setTimeout(300)
  t.equal(server.store.sequence(), sequence)
  t.equal((await get(server, '/DocumentReference?_summary=count')).body.total, 0)
  t.equal((await post(server, '', aLot(jobOf('a')))).status, 200, 'the server goes on')
})

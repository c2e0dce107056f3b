import t from 'tap'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts'
import { aPatient, aTransaction, baseUrl, call, openServer } from '../fixtures.ts'
import { loinc, withData, idsOf } from './searched-data.ts'

t.test('finds by every type of parameter, with prefixes and modifiers', async (t) => {
  const server = await withData(t)
  const cases: [string, string[]][] = [
    // string
    ['Patient?name=lefevre', ['anna']],
    ['Patient?family=dupont', []],
    ['Patient?family=danjou', ['bruno']],
    ['Patient?family:contains=dupont', ['anna']],
    ['Patient?family:exact=Zola', ['chloe']],
    ['Patient?family:exact=zola', []],
    ['Patient?given=anna,chloe', ['anna', 'chloe']],
    ['Patient?given=anna&family=zola', []],
    // token
    ['Patient?gender=female', ['anna']],
    ['Patient?gender:not=female', ['bruno', 'chloe']],
    ['Patient?gender:missing=true', ['chloe']],
    ['Patient?gender:missing=false', ['anna', 'bruno']],
    ['Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|1', ['anna']],
    ['Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|', ['anna']],
    ['Patient?identifier=|1', []],
    ['Patient?identifier=1', ['anna']],
    ['Patient?_tag=urn:tag|a', ['anna']],
    ['Patient?_security=urn:label|R', ['bruno']],
    ['Patient?_profile=http://example.org/profile', ['anna']],
    ['Patient?_id=anna,chloe', ['anna', 'chloe']],
    // date
    ['Patient?birthdate=1974-12-25', ['anna']],
    ['Patient?birthdate=1980', ['bruno']],
    ['Patient?birthdate=1974', ['anna']],
    ['Patient?birthdate=ge1980', ['bruno', 'chloe']],
    ['Patient?birthdate=lt1980', ['anna']],
    ['Patient?birthdate=ne1980', ['anna', 'chloe']],
    ['Patient?birthdate=gt1974-12-24&birthdate=lt1981', ['anna', 'bruno']],
    ['Observation?date=sa2026-02-15', ['o3']],
    ['Observation?date=eb2026-02-15', ['o1', 'o2']],
    ['Observation?date=2026-01-01T07:00:00Z', ['o1']],
    ['Observation?date=ap2026-03-10', ['o3']],
    ['Patient?_lastUpdated=2026-03-18', ['anna', 'bruno', 'chloe']],
    ['Patient?_lastUpdated=lt2026-03-18', []],
    // quantity, number, composite
    ['Observation?value-quantity=80.5', ['o2']],
    ['Observation?value-quantity=70|http://unitsofmeasure.org|/min', ['o1']],
    ['Observation?value-quantity=70||/min', ['o1']],
    ['Observation?value-quantity=gt70|http://unitsofmeasure.org|/min', ['o2', 'o3']],
    ['Observation?value-quantity=le80.5', ['o1', 'o2']],
    ['Observation?value-quantity=70|http://unitsofmeasure.org|kg', []],
    [`Observation?code-value-quantity=${loinc}|8867-4$gt85`, ['o3']],
    ['RiskAssessment?probability=gt0.2', ['r']],
    ['RiskAssessment?probability=0.2', []],
    // uri
    ['ValueSet?url=http://example.org/vs/one', ['v']],
    ['ValueSet?url=http://example.org/vs', []],
    // reference
    ['Observation?subject=Patient/anna', ['o1', 'o2']],
    ['Observation?patient=anna', ['o1', 'o2']],
    [`Observation?subject=${baseUrl}/Patient/bruno`, ['o3']],
    ['Observation?subject:Patient=bruno', ['o3']],
    ['DocumentReference?relatesto=DocumentReference/d0', ['d1']],
    ['Patient?organization=Organization/clinic', ['anna']],
    // chains and _has
    ['Observation?patient.name=lefevre', ['o1', 'o2']],
    ['Observation?subject:Patient.gender=male', ['o3']],
    ['Observation?patient.identifier=urn:oid:1.2.250.1.213.1.4.10|1', ['o1', 'o2']],
    ['Patient?organization.name=clinique', ['anna']],
    ['Patient?_has:Observation:patient:value-quantity=gt85', ['bruno']],
    ['Patient?_has:Observation:subject:code=8867-4', ['anna', 'bruno']],
  ]
  for (const [query, ids] of cases) {
    const answer = await call(server, 'GET', `/${query}`)
    t.equal(answer.status, 200, `${query} ${answer.status === 200 ? '' : answer.text}`)
    t.same(idsOf(answer).toSorted(), ids, query)
    t.equal(answer.body.total, ids.length)
    const [path, form] = query.split('?') as [string, string]
    const posted = await call(server, 'POST', `/${path}/_search`, {
      body: form,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    t.same(idsOf(posted), idsOf(answer), `POST ${query}`)
    t.same(posted.body.link, answer.body.link)
  }
})

t.test('shows a searchset: fullUrl, mode, self link, total', async (t) => {
  const server = await withData(t)
  const { body, headers } = await call(server, 'GET', '/Patient?family=zola&_pretty=true')
  t.match(headers['content-type'], /^application\/fhir\+json/)
  t.match(body, {
    resourceType: 'Bundle',
    type: 'searchset',
    total: 1,
    link: [{ relation: 'self', url: `${baseUrl}/Patient?family=zola&_pretty=true` }],
    entry: [
      {
        fullUrl: `${baseUrl}/Patient/chloe`,
        resource: { id: 'chloe', meta: { versionId: '1' } },
        search: { mode: 'match' },
      },
    ],
  })
  const none = await call(server, 'GET', '/Patient?family=nobody')
  t.equal(none.body.total, 0)
  t.equal(none.body.entry, undefined)
})

t.test('includes what matches refer to, and what refers to them', async (t) => {
  const server = await withData(t)
  const included = async (query: string) =>
    idsOf(await call(server, 'GET', `/${query}`), 'include').toSorted()
  t.same(await included('Observation?_id=o1&_include=Observation:subject'), ['anna'])
  t.same(await included('Observation?_include=Observation:patient'), ['anna', 'bruno'])
  t.same(await included('Observation?_include=Observation:subject:Device'), [])
  t.same(
    await included(
      'Observation?_id=o1&_include=Observation:subject&_include:iterate=Patient:organization',
    ),
    ['anna', 'clinic'],
  )
  t.same(await included('Patient?_id=anna&_revinclude=Observation:subject'), ['o1', 'o2'])
  t.same(
    await included(
      'Patient?_id=anna&_revinclude=Observation:subject&_revinclude=DocumentReference:subject',
    ),
    ['d1', 'o1', 'o2'],
  )
  t.same(await included('DocumentReference?_id=d1&_include=DocumentReference:relatesto'), ['d0'])
  t.same(await included('Patient?_id=anna&_include=*'), ['clinic'])
  const { body } = await call(server, 'GET', '/Observation?_include=Observation:subject')
  t.equal(body.total, 3, 'the total counts matches')
})

t.test('includes the version that a reference names', async (t) => {
  const server = await withData(t)
  const organization = { resourceType: 'Organization', id: 'clinic', name: 'Clinique' }
  await call(server, 'PUT', '/Organization/clinic', { body: organization })
  const included = async (query: string) =>
    ((await call(server, 'GET', `/Patient?${query}`)).body.entry ?? [])
      .filter(({ search }) => (search as JsonObject).mode === 'include')
      .map(({ resource }) => ((resource as JsonObject).meta as JsonObject).versionId)
  const refer = (id: string, version: string) =>
    call(server, 'PUT', `/Patient/${id}`, {
      body: aPatient({
        id,
        managingOrganization: { reference: `Organization/clinic/_history/${version}` },
      }),
    })
  t.equal((await refer('bruno', '1')).status, 200)
  const query = '_include=Patient:organization'
  t.same(await included(`_id=bruno&${query}`), ['1'])
  t.same(await included(`_id=bruno,anna&${query}`), ['1', '2'], 'another refers to the newest')
  t.same(await included(`_id=anna&${query}`), ['2'])
  t.equal((await refer('bruno', '2')).status, 200)
  t.same(await included(`_id=bruno&${query}`), ['2'])
  t.equal((await refer('bruno', '9')).status, 200)
  t.same(await included(`_id=bruno&${query}`), [], 'there is no such version')
})

t.test('sorts', async (t) => {
  const server = await withData(t)
  const sorted = async (query: string) => idsOf(await call(server, 'GET', `/${query}`))
  t.same(await sorted('Patient?_sort=birthdate'), ['anna', 'bruno', 'chloe'])
  t.same(await sorted('Patient?_sort=-birthdate'), ['chloe', 'bruno', 'anna'])
  t.same(await sorted('Patient?_sort=family'), ['bruno', 'anna', 'chloe'])
  t.same(await sorted('Patient?_sort=-_id'), ['chloe', 'bruno', 'anna'])
  t.same(await sorted('Observation?_sort=subject,-date'), ['o2', 'o1', 'o3'])
  t.same(await sorted('Observation?_sort=-value-quantity'), ['o3', 'o2', 'o1'])
})

t.test('counts, shows parts, and totals as asked', async (t) => {
  const server = await withData(t)
  const get = async (query: string) => (await call(server, 'GET', `/${query}`)).body
  for (const query of ['Patient?_count=0', 'Patient?_summary=count']) {
    const body = await get(query)
    t.equal(body.total, 3, query)
    t.equal(body.entry, undefined)
    t.same(
      body.link!.map(({ relation }) => relation),
      ['self'],
    )
  }
  const first = await get('Patient?_count=2&_sort=_id')
  t.equal(first.entry!.length, 2)
  t.equal(first.total, 3, 'cheap enough')
  t.equal((await get('Patient?_count=1&_total=none')).total, undefined)
  t.equal((await get('Patient?_count=1&_total=accurate')).total, 3)
  t.equal((await get('Patient?_count=1&_total=estimate')).total, 3)
  const summary = await get('Patient?_id=anna&_summary=true')
  t.match(summary.entry, [{ resource: { meta: { tag: [{}, { code: 'SUBSETTED' }] } } }])
  const elements = await get('Patient?_id=anna&_elements=gender,birthDate')
  t.same(Object.keys(elements.entry![0]!.resource as object), [
    'resourceType',
    'id',
    'meta',
    'gender',
    'birthDate',
  ])
  t.match((await get('Patient?_summary=text&_id=anna')).entry, [{ resource: { id: 'anna' } }])
})

t.test('refuses what it does not understand', async (t) => {
  const server = await withData(t)
  for (const query of [
    'Patient?nope=1',
    'Patient?name:nope=1',
    'Patient?birthdate=yesterday',
    'Patient?birthdate=xx2020',
    'Patient?birthdate:contains=2020',
    'ValueSet?url:below=http://example.org/vs',
    'Patient?gender:missing=maybe',
    'Patient?name=',
    'Patient?=x',
    'Patient?_sort=nope',
    'Patient?_count=x',
    'Patient?_count=-1',
    'Patient?_summary=x',
    'Patient?_total=x',
    'Patient?_elements=nope',
    'Patient?_include=Patient:nope',
    'Patient?_include=nope',
    'Patient?_revinclude=Nothing:subject',
    'Patient?_type=Patient',
    'Patient?_has:Observation:nope:code=1',
    'Patient?_has:Nothing:subject:code=1',
    'Observation?subject.nope=1',
    'Observation?subject:Nothing.name=1',
    'Observation?value-quantity=abc',
    'Observation?code-value-quantity=abc',
    'Patient?_filter=name eq x',
    'Patient?_page=abc',
    'Patient?_sort=_id&_sort=name',
  ]) {
    const { status, body } = await call(server, 'GET', `/${query}`)
    t.equal(status, 400, query)
    t.match(body, {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', diagnostics: /.{15}/, expression: [/^http\./] }],
    })
  }
})

t.test('ignores with handling=lenient, says so, and leaves it out of the self link', async (t) => {
  const server = await withData(t)
  const { status, body } = await call(server, 'GET', '/Patient?nope=1&gender=male&name:nope=x', {
    headers: { prefer: 'handling=lenient' },
  })
  t.equal(status, 200)
  t.match(body, {
    total: 1,
    link: [{ relation: 'self', url: `${baseUrl}/Patient?gender=male` }],
    entry: [
      { resource: { id: 'bruno' } },
      {
        resource: {
          resourceType: 'OperationOutcome',
          issue: [
            { severity: 'warning', code: 'not-supported', expression: ['http.nope'] },
            { expression: ['http.name:nope'] },
          ],
        },
        search: { mode: 'outcome' },
      },
    ],
  })
  const wrong = await call(server, 'GET', '/Patient?birthdate=yesterday', {
    headers: { prefer: 'handling=lenient' },
  })
  t.equal(wrong.status, 400, 'a wrong value is no unknown parameter')
  const first = await call(server, 'GET', '/Patient?nope=1&_count=1', {
    headers: { prefer: 'handling=lenient' },
  })
  const next = first.body.link!.find(({ relation }) => relation === 'next')!
  const second = await call(server, 'GET', String(next.url).slice(baseUrl.length))
  t.equal(second.status, 200, 'the next page needs no leniency')
})

t.test('searches all types, and the types named', async (t) => {
  const server = await withData(t)
  const types = async (query: string, method = 'GET') => {
    const answer =
      method === 'GET'
        ? await call(server, 'GET', `?${query}`)
        : await call(server, 'POST', '/_search', {
            body: query,
            headers: { 'content-type': 'application/x-www-form-urlencoded' },
          })
    t.equal(answer.status, 200, answer.text.slice(0, 200))
    return (answer.body.entry ?? [])
      .map(({ resource }) => resource as JsonObject)
      .map(({ resourceType, id }) => `${String(resourceType)}/${String(id)}`)
      .toSorted()
  }
  for (const method of ['GET', 'POST']) {
    t.same(await types('_type=Organization,ValueSet', method), [
      'Organization/clinic',
      'ValueSet/v',
    ])
    t.same(await types('_id=anna', method), ['Patient/anna'])
    t.same(await types('_type=Observation,DocumentReference&patient=anna', method), [
      'DocumentReference/d1',
      'Observation/o1',
      'Observation/o2',
    ])
  }
  const all = await call(server, 'GET', '?_summary=count')
  t.equal(all.body.total, 11)
  t.equal((await call(server, 'GET', '?_type=Nothing')).status, 400)
  t.equal((await call(server, 'GET', '?name=x')).status, 400, 'means another thing on each type')
  const page = await call(server, 'GET', '?_type=Patient,Observation&_count=2')
  const next = page.body.link!.find(({ relation }) => relation === 'next')!
  t.match(next.url, /\/fhir\?_page=/)
  t.equal((await call(server, 'GET', String(next.url).slice(baseUrl.length))).status, 200)
})

t.test('joins the parameters of the URL and of the form', async (t) => {
  const server = await withData(t)
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' }
  const both = await call(server, 'POST', '/Patient/_search?gender=female', {
    body: 'family=Lef%C3%A8vre+&_sort=_id',
    headers,
  })
  t.same(idsOf(both), ['anna'])
  const empty = await call(server, 'POST', '/Patient/_search', { headers })
  t.equal(empty.body.total, 3)
  const broken = await call(server, 'POST', '/Patient/_search', { body: 'family=%zz', headers })
  t.equal(broken.status, 400)
})

t.test('counts all that is in one patient’s record, and elsewhere what is cheap', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'totals-'))
  const store = await openSqliteStore({ folder, groupDelayMs: 0 })
  const server = await openServer(t, { store })
  t.teardown(() => rmSync(folder, { recursive: true }))
  const patient = aPatient({ id: 'many', identifier: [{ system: 'urn:test', value: 'many' }] })
  await call(server, 'PUT', '/Patient/many', { body: patient })
  const flag = { resourceType: 'Flag', status: 'active', code: { text: 'x' } }
  const entry = (patientId: string) => ({
    request: { method: 'POST', url: 'Flag' },
    resource: { ...flag, subject: { reference: `Patient/${patientId}` } },
  })
  const body = aTransaction(...Array.from({ length: 1001 }, () => entry('many')), entry('other'))
  t.equal((await call(server, 'POST', '', { body })).status, 200)
  const total = async (query: string) => {
    const { status, body } = await call(server, 'GET', `/Flag?_count=1&${query}`)
    t.equal(status, 200, query)
    return body.total
  }
  for (const query of [
    'patient=many',
    'patient=Patient/many',
    'subject=Patient/many&date:missing=true',
    'subject:Patient=many',
    'patient.identifier=urn:test|many',
    'subject:Patient._id=many',
  ]) {
    t.equal(await total(query), 1001, query)
  }
  for (const query of [
    'date:missing=true',
    'subject=Patient/many,Patient/other',
    'patient.identifier=many',
    'patient.active:not=false',
    'patient=many&_total=none',
  ]) {
    t.equal(await total(query), undefined, query)
  }
})

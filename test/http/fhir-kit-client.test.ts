/** A client that knows nothing of us does the main work against a listening server. */
import t from 'tap'
import type { Test } from 'tap'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Client } from 'fhir-kit-client'
import { aPatient, aTransaction, anObservation, openServer } from '../fixtures.ts'

interface SearchBundle {
  readonly resourceType: string
  readonly total?: number
  readonly entry?: { readonly resource: { readonly id: string } }[]
  readonly link?: { readonly relation: string; readonly url: string }[]
  readonly [name: string]: unknown
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

async function withClient(t: Test): Promise<Client> {
  const port = await freePort()
  const baseUrl = `http://127.0.0.1:${port}/fhir`
  const { app } = await openServer(t, { env: { BASE_URL: baseUrl } })
  await app.listen({ port, host: '127.0.0.1' })
  return new Client({ baseUrl })
}

const family = (name: string) => aPatient({ name: [{ family: name }] })

t.test('creates, reads, updates, patches, and tells the history', async (t) => {
  const client = await withClient(t)
  const created = await client.create({ resourceType: 'Patient', body: family('Martin') })
  const id = String(created.id)
  const { response } = Client.httpFor(created)
  t.equal(response?.status, 201)
  t.match(response?.headers.get('location'), new RegExp(`/Patient/${id}/_history/1$`))
  const read = await client.read({ resourceType: 'Patient', id })
  t.match(read, { id, name: [{ family: 'Martin' }] })
  await client.update({ resourceType: 'Patient', id, body: { ...read, active: true } })
  const patched = await client.patch({
    resourceType: 'Patient',
    id,
    jsonPatch: [{ op: 'replace', path: '/name/0/family', value: 'Durand' }],
  })
  t.match(patched, { active: true, name: [{ family: 'Durand' }], meta: { versionId: '3' } })
  const first = await client.vread({ resourceType: 'Patient', id, version: '1' })
  t.match(first, { name: [{ family: 'Martin' }] })
  await client.delete({ resourceType: 'Patient', id })
  await t.rejects(client.read({ resourceType: 'Patient', id }), /410|Gone|deleted/)
  const history = (await client.history({ resourceType: 'Patient', id })) as unknown as SearchBundle
  t.equal(history.total, 4)
  const all = (await client.history()) as unknown as SearchBundle
  t.equal(all.total, 4)
})

t.test('sends a transaction and a batch, and pages through a search', async (t) => {
  const client = await withClient(t)
  const names = Array.from({ length: 25 }, (_, index) => `Martin${String(index).padStart(2, '0')}`)
  const answer = (await client.transaction({
    body: aTransaction(
      ...names.map((name, index) => ({
        fullUrl: `urn:uuid:${index}`,
        resource: family(name),
        request: { method: 'POST', url: 'Patient' },
      })),
      {
        resource: anObservation({ subject: { reference: 'urn:uuid:0' } }),
        request: { method: 'POST', url: 'Observation' },
      },
    ) as never,
  })) as unknown as SearchBundle
  t.equal(answer.entry?.length, 26)
  const seen: string[] = []
  let pages = 0
  let bundle: SearchBundle | undefined = (await client.search({
    resourceType: 'Patient',
    searchParams: { family: 'martin', _sort: 'family', _count: 10 },
  })) as unknown as SearchBundle
  const first = bundle
  t.equal(first.total, 25)
  let last = bundle
  while (bundle?.entry) {
    pages += 1
    seen.push(...bundle.entry.map(({ resource }) => resource.id))
    last = bundle
    bundle = (await client.nextPage({ bundle: bundle as never })) as unknown as
      | SearchBundle
      | undefined
  }
  t.equal(pages, 3)
  t.equal(new Set(seen).size, 25)
  const before = (await client.prevPage({ bundle: last as never })) as unknown as SearchBundle
  t.same(
    before.entry?.map(({ resource }) => resource.id),
    seen.slice(10, 20),
  )
  const posted = (await client.search({
    resourceType: 'Observation',
    searchParams: { 'patient.family': 'Martin00', _include: 'Observation:subject' },
    options: { postSearch: true },
  })) as unknown as SearchBundle
  t.equal(posted.total, 1)
  t.equal(posted.entry?.length, 2)
  const system = (await client.systemSearch({
    searchParams: { _type: 'Observation', _summary: 'count' },
  })) as unknown as SearchBundle
  t.equal(system.total, 1)
  const batch = (await client.batch({
    body: {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [{ request: { method: 'GET', url: 'Patient?_summary=count' } }],
    },
  })) as unknown as SearchBundle
  t.match(batch.entry, [{ resource: { total: 25 } }])
})

t.test('writes under conditions', async (t) => {
  const client = await withClient(t)
  const identifier = [{ system: 'urn:test', value: 'a' }]
  const update = () =>
    client.update({
      resourceType: 'Patient',
      searchParams: { identifier: 'urn:test|a' },
      body: aPatient({ identifier }),
    })
  const created = await update()
  const updated = await update()
  t.equal(updated.id, created.id)
  const again = await client.create({
    resourceType: 'Patient',
    body: aPatient({ identifier }),
    options: { headers: { 'If-None-Exist': 'identifier=urn:test|a' } },
  })
  t.equal(again.id, created.id)
  t.equal(Client.httpFor(again).response?.status, 200)
  const statement = await client.capabilityStatement()
  t.equal(statement.resourceType, 'CapabilityStatement')
})

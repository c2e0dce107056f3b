/** TD3.3a to d: mask, hide, delete and archive by PATCH. Decisions 4, 8 to 11, 46, 68, 69 and 76. */
import t from 'tap'
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { Server } from '../../../src/server.ts'
import { call, type Answer } from '../../fixtures.ts'
import {
  attachmentOf,
  brokenRules,
  deposit,
  entryUuidOf,
  get,
  isArchivedUrl,
  labelCodes,
  labelOf,
  levels,
  nosLabels,
  nosLevels,
  openRecord,
  patch,
  patientUrl,
  post,
  read,
} from './record.ts'

/** A FHIRPath Patch of one operation. */
function fhirPathPatch(parts: Record<string, JsonObject>): Resource {
  const part = Object.entries(parts).map(([name, value]) => ({ name, ...value }))
  return { resourceType: 'Parameters', parameter: [{ name: 'operation', part }] }
}

function patchByParameters(server: Server, target: string, body: Resource): Promise<Answer> {
  return call(server, 'PATCH', `/${target}`, { body })
}

async function setUp(t: Parameters<typeof openRecord>[0]) {
  const server = await openRecord(t)
  const { fiches, bundle, list, contents } = await deposit(server, 'a')
  return { server, bundle, list, contents, target: fiches[0]! }
}

const mask = labelOf(nosLabels, 'MASQUE_PS')
const hide = labelOf(nosLabels, 'INVISIBLE_PATIENT')
const normal = labelOf(levels, 'N')

t.test('masks and unmasks as the samples of TD3.3a do', async (t) => {
  const { server, target } = await setUp(t)
  const before = await read(server, target)
  const masked = await patch(server, target, [
    { op: 'replace', path: '/securityLabel/0', value: mask },
  ])
  t.equal(masked.status, 200)
  t.equal(masked.headers.etag, 'W/"2"')
  const fiche = masked.body as unknown as Resource
  t.same(labelCodes(fiche), ['MASQUE_PS', 'N'], 'the visibility first, and a level kept')
  t.not(entryUuidOf(fiche), entryUuidOf(before), 'a new entryUUID at each version')
  t.equal(((fiche.identifier ?? []) as JsonObject[]).length, 1)
  t.same(fiche.masterIdentifier, before.masterIdentifier)
  const shown = await patch(server, target, [
    { op: 'replace', path: '/securityLabel/0', value: normal },
  ])
  t.same(labelCodes(shown.body as unknown as Resource), ['N'])
})

t.test('normalises labels: no duplicates, one strictest level, visibility in order', async (t) => {
  const { server, target } = await setUp(t)
  const value = [
    labelOf(nosLevels, 'R'),
    hide,
    labelOf(levels, 'V'),
    mask,
    hide,
    labelOf('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'NOPAT'),
  ]
  const answer = await patch(server, target, [{ op: 'replace', path: '/securityLabel', value }])
  t.same(labelCodes(answer.body as unknown as Resource), ['INVISIBLE_PATIENT', 'MASQUE_PS', 'V'])
  const lifted = await call(server, 'PATCH', `/${target}`, {
    body: JSON.stringify([{ op: 'replace', path: '/securityLabel/0', value: normal }]),
    headers: { 'content-type': 'application/json-patch+json', prefer: 'return=OperationOutcome' },
  })
  t.equal(lifted.status, 200)
  t.match(lifted.text, /pdsm-label-lifted/)
  t.match(lifted.text, /INVISIBLE_PATIENT/)
  t.same(labelCodes(await read(server, target)), ['MASQUE_PS', 'V'])
  const none = await patch(server, target, [{ op: 'remove', path: '/securityLabel' }])
  t.same(labelCodes(none.body as unknown as Resource), ['N'], 'N where nothing is left')
})

t.test('fails closed on labels that it does not know', async (t) => {
  const { server, target } = await setUp(t)
  const wrong: unknown[] = [
    'restricted',
    labelOf('http://example.org', 'N'),
    labelOf(nosLabels, 'AUTRE'),
    labelOf(
      'https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument',
      'MASQUE_PS',
    ),
    { text: 'secret' },
    { coding: [...(mask.coding as JsonObject[]), { system: 'http://example.org', code: 'X' }] },
  ]
  for (const value of wrong) {
    const answer = await patch(server, target, [{ op: 'replace', path: '/securityLabel/0', value }])
    t.equal(answer.status, 422, JSON.stringify(value))
  }
  t.match(await read(server, target), { meta: { versionId: '1' } })
})

t.test('finds labels by either system of the levels', async (t) => {
  const { server, target } = await setUp(t)
  await patch(server, target, [{ op: 'add', path: '/securityLabel/0', value: mask }])
  for (const [token, total] of [
    [`${nosLabels}|MASQUE_PS`, 1],
    [`${nosLevels}|N`, 2],
    [`${levels}|N`, 2],
    ['N', 2],
  ] as const) {
    const found = await get(
      server,
      `/DocumentReference?patient=${patientUrl}&status=current&security-label=${encodeURIComponent(token)}`,
    )
    t.equal(found.body.total, total, token)
  }
})

t.test('archives in the standard forms, and finds what is not archived', async (t) => {
  const { server, target } = await setUp(t)
  const search = (value: string) =>
    get(server, `/DocumentReference?patient=${patientUrl}&status=current&isArchived=${value}`)
  t.equal((await search('false')).body.total, 2, 'an absent extension counts as false')
  const extension = { url: isArchivedUrl, valueBoolean: true }
  const added = await patch(server, target, [{ op: 'add', path: '/extension/-', value: extension }])
  t.equal(added.status, 200, 'creates the list that is not there')
  t.equal((await search('true')).body.total, 1)
  t.equal((await search('false')).body.total, 1)
  t.match(await read(server, target), { status: 'current' })
  await patch(server, target, [{ op: 'replace', path: '/extension/0/valueBoolean', value: false }])
  t.equal((await search('true')).body.total, 0)
  const path = `DocumentReference.extension.where(url = '${isArchivedUrl}').value`
  const replaced = await patchByParameters(
    server,
    target,
    fhirPathPatch({
      type: { valueCode: 'replace' },
      path: { valueString: path },
      value: { valueBoolean: true },
    }),
  )
  t.equal(replaced.status, 200, replaced.text)
  t.equal((await search('true')).body.total, 1)
  t.equal(
    (
      await get(
        server,
        `/List?patient=${patientUrl}&code=submissionset&status=current&isArchived=false`,
      )
    ).body.total,
    1,
  )
})

t.test('refuses the faulty samples of the guides with the corrected form', async (t) => {
  const { server, target } = await setUp(t)
  const trailing = await patch(server, target, [
    { op: 'replace', path: '/status', value: 'superseded ' },
  ])
  t.equal(trailing.status, 422)
  t.match(trailing.text, /Write \\"value\\": \\"superseded\\"/)
  const others: unknown[] = [
    { op: 'replace', path: '/securityLabel', value: 'restricted' },
    { op: 'replace', path: `/extension[url:'${isArchivedUrl}']/valueBoolean`, value: true },
    { op: 'add', path: '/extension/-', value: { url: isArchivedUrl, valueBoolean: 'true' } },
    { op: 'replace', path: '/status', value: 'archived' },
    { op: 'remove', path: '/status' },
    { op: 'replace', path: '/extension/0/valueBoolean', value: true },
    { op: 'jump', path: '/status' },
  ]
  for (const operation of others) {
    const answer = await patch(server, target, [operation])
    t.equal(answer.status, 422, JSON.stringify(operation))
  }
  t.match(await read(server, target), { meta: { versionId: '1' } })
})

t.test('refuses changes of any other element with 405', async (t) => {
  const { server, target } = await setUp(t)
  const operations: JsonObject[] = [
    { op: 'replace', path: '/description', value: 'Autre' },
    { op: 'replace', path: '/subject/reference', value: 'Patient/demo-patient-02' },
    { op: 'remove', path: '/content/0/attachment/hash' },
    { op: 'add', path: '/extension/-', value: { url: 'http://example.org', valueString: 'x' } },
    { op: 'add', path: '/meta/tag', value: [{ code: 'x' }] },
    { op: 'replace', path: '/masterIdentifier/value', value: 'urn:oid:1.2' },
    { op: 'remove', path: '/identifier' },
    { op: 'remove', path: '/contained/0' },
  ]
  for (const operation of operations) {
    const answer = await patch(server, target, [operation])
    t.equal(answer.status, 405, JSON.stringify(operation))
    t.same(brokenRules(answer), ['pdsm-patch-element'])
    t.match(answer.headers.allow, /PATCH/)
  }
  t.match(await read(server, target), { meta: { versionId: '1' } })
})

t.test('changes by business identifier: one match, none 404, several 412', async (t) => {
  const { server, target } = await setUp(t)
  const { masterIdentifier } = await read(server, target)
  const { system, value } = masterIdentifier as { system: string; value: string }
  const by = (query: string) =>
    patch(server, `DocumentReference?${query}`, [
      { op: 'replace', path: '/securityLabel/0', value: mask },
    ])
  const answer = await by(`identifier=${system}|${value}`)
  t.equal(answer.status, 200)
  t.same(labelCodes(await read(server, target)), ['MASQUE_PS', 'N'])
  const uuid = entryUuidOf(answer.body as unknown as Resource)
  t.equal((await by(`identifier=urn:ietf:rfc:3986|${uuid}`)).status, 200)
  t.equal((await by(`identifier=urn:ietf:rfc:3986|${uuid}`)).status, 404, 'the old entryUUID')
  t.equal((await by('identifier=urn:oid:1.9.9')).status, 404)
  t.equal((await by(`patient=${patientUrl}`)).status, 412)
})

t.test('changes inside a transaction, alone and beside a lot', async (t) => {
  const { server, target } = await setUp(t)
  const entry = [
    {
      resource: fhirPathPatch({
        type: { valueCode: 'replace' },
        path: { valueString: 'DocumentReference.securityLabel[0]' },
        value: { valueCodeableConcept: mask },
      }),
      request: { method: 'PATCH', url: target },
    },
  ]
  const answer = await post(server, '', { resourceType: 'Bundle', type: 'transaction', entry })
  t.match(answer.body.entry, [{ response: { status: '200 OK', etag: 'W/"2"' } }])
  t.same(labelCodes(await read(server, target)), ['MASQUE_PS', 'N'])
  const json = {
    resourceType: 'Binary',
    contentType: 'application/json-patch+json',
    data: Buffer.from('[{"op":"replace","path":"/description","value":"x"}]').toString('base64'),
  }
  const refused = await post(server, '', {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ resource: json, request: { method: 'PATCH', url: target } }],
  })
  t.equal(refused.status, 405)
  t.match(
    refused.body.issue,
    [{ expression: ['Bundle.entry[0].resource.description'] }],
    'a refusal names its entry',
  )
  const erased = await post(server, '', {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      ...entry,
      { request: { method: 'DELETE', url: (await deposit(server, 'b')).fiches[0]! } },
    ],
  })
  t.equal(erased.status, 405)
  t.match(erased.body.issue, [{ expression: ['Bundle.entry[1].resource'] }])
})

t.test('keeps what a stale If-Match would overwrite', async (t) => {
  const { server, target } = await setUp(t)
  const answer = await call(server, 'PATCH', `/${target}`, {
    body: JSON.stringify([{ op: 'replace', path: '/status', value: 'superseded' }]),
    headers: { 'content-type': 'application/json-patch+json', 'if-match': 'W/"7"' },
  })
  t.equal(answer.status, 412)
})

t.test(
  'deletes logically: 410 for fiche and bytes, out of all searches, history kept',
  async (t) => {
    const { server, target, contents, list } = await setUp(t)
    const { masterIdentifier } = await read(server, target)
    const { value } = masterIdentifier as { value: string }
    const url = String(attachmentOf(await read(server, target)).url).slice(26)
    const answer = await patch(server, target, [
      { op: 'replace', path: '/status', value: 'entered-in-error' },
    ])
    t.equal(answer.status, 200)
    t.equal((await get(server, `/${target}`)).status, 410)
    t.equal((await get(server, url, { accept: 'application/xml' })).status, 410)
    t.equal((await get(server, `/${contents[0]}`)).status, 410)
    t.equal((await get(server, `/${contents[1]}`)).status, 200, 'the other document stays')
    const id = target.split('/')[1]!
    const searches: [string, number][] = [
      [`/DocumentReference?patient=${patientUrl}`, 1],
      [`/DocumentReference?patient=${patientUrl}&status=entered-in-error`, 0],
      [`/DocumentReference?identifier=${value}`, 0],
      [`/DocumentReference?_id=${id}`, 0],
      ['/DocumentReference', 1],
      [`/Patient?_has:DocumentReference:patient:_id=${id}`, 0],
      [`/Binary?_id=${contents[0]!.split('/')[1]}`, 0],
    ]
    for (const [path, total] of searches) t.equal((await get(server, path)).body.total, total, path)
    const included = await get(
      server,
      `/Patient?_id=${patientUrl.slice(8)}&_revinclude=DocumentReference:patient`,
    )
    t.equal(included.body.entry?.length, 2)
    const lot = await get(server, `/List?_id=${list.slice(5)}&_include=List:item`)
    t.equal(lot.body.entry?.length, 2, 'the lot stays visible, and includes the other document')
    const history = await get(server, `/${target}/_history`)
    t.equal(history.body.total, 2)
    t.equal(
      (await patch(server, target, [{ op: 'replace', path: '/status', value: 'current' }])).status,
      410,
    )
  },
)

t.test('names what to do instead of changing or erasing what was deposited', async (t) => {
  const { server, target, contents, list } = await setUp(t)
  const body = await read(server, target)
  const cases: [string, string, unknown, RegExp][] = [
    ['PUT', target, body, /new lot/],
    ['DELETE', target, undefined, /PATCH of DocumentReference.status/],
    ['PUT', list, await read(server, list), /PATCH the DocumentReferences/],
    ['DELETE', list, undefined, /PATCH the DocumentReferences/],
    ['DELETE', contents[0]!, undefined, /PATCH of DocumentReference.status/],
    [
      'PUT',
      contents[0]!,
      {
        resourceType: 'Binary',
        id: contents[0]!.slice(7),
        contentType: 'text/plain',
        data: 'AA==',
      },
      /new lot/,
    ],
  ]
  for (const [method, path, content, words] of cases) {
    const answer = await call(
      server,
      method,
      `/${path}`,
      content === undefined ? {} : { body: content },
    )
    t.equal(answer.status, 405, `${method} ${path}`)
    t.same(brokenRules(answer), ['pdsm-immutable'])
    t.match(answer.text, words)
  }
  for (const path of [list, contents[0]!]) {
    const answer = await patch(server, path, [{ op: 'add', path: '/language', value: 'fr' }])
    t.equal(answer.status, 405, `PATCH ${path}`)
    const wrong = await patch(server, path, [{ op: 'replace', path: '/nothing', value: 'fr' }])
    t.equal(wrong.status, 405, `PATCH ${path}, whatever it says`)
  }
  const native = await call(server, 'PUT', `/${contents[0]}`, {
    body: 'autre',
    headers: { 'content-type': 'text/plain' },
  })
  t.equal(native.status, 405)
  const inBundle = await post(server, '', {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [{ request: { method: 'DELETE', url: target } }],
  })
  t.equal(inBundle.status, 405)
})

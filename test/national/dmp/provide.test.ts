/** ITI-65: lots enter whole, once, and true. Decisions 2 to 6, 66, 72 and 88. */
import t from 'tap'
import { aBadLot, aLot, type LotFault } from '../../../src/demo/main-job.ts'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { call } from '../../fixtures.ts'
import {
  attachmentOf,
  counts,
  brokenRules,
  deposit,
  entriesOf,
  entryUuidOf,
  ficheOf,
  get,
  jobOf,
  locations,
  openRecord,
  otherPatient,
  patientUrl,
  post,
  read,
  sha1,
  statuses,
} from './record.ts'

t.test('stores a lot: entries in order, 201 each, absolute url, bytes behind it', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  const answer = await post(server, '', lot)
  t.equal(answer.status, 200)
  t.match(answer.body, { resourceType: 'Bundle', type: 'transaction-response' })
  t.same(
    statuses(answer),
    lot.entry.map(() => '201 Created'),
  )
  const made = locations(answer)
  t.same(
    made.map((location) => location.split('/')[0]),
    lot.entry.map(({ resource }) => resource.resourceType),
  )
  const fiche = await read(server, made[1]!)
  const { url, hash, size } = attachmentOf(fiche)
  t.equal(url, `http://localhost:8080/fhir/${made[3]}`)
  const bytes = await get(server, String(url).slice('http://localhost:8080/fhir'.length), {
    accept: 'application/xml',
  })
  t.equal(bytes.status, 200)
  t.equal(bytes.headers['content-type'], 'application/xml')
  t.equal(sha1(bytes.bytes), hash)
  t.equal(bytes.bytes.length, size)
  t.equal(entryUuidOf(fiche), entryUuidOf(ficheOf(lot)), "the client's entryUUID on version 1")
  t.match(await read(server, made[0]!), {
    entry: [{ item: { reference: made[1] } }, { item: { reference: made[2] } }],
  })
})

t.test('computes hash and size where they are left out, and gives an entryUUID', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  const attachment = attachmentOf(ficheOf(lot))
  const { hash, size } = attachment
  delete attachment.hash
  delete attachment.size
  delete ficheOf(lot).identifier
  const answer = await post(server, '', lot)
  t.equal(answer.status, 200)
  const fiche = await read(server, locations(answer)[1]!)
  t.match(attachmentOf(fiche), { hash, size })
  t.match(entryUuidOf(fiche), /^urn:uuid:[0-9a-f-]{36}$/)
})

const faultRules: Record<LotFault, string> = {
  hash: 'dmp-hash',
  size: 'dmp-size',
  title: 'min-cardinality',
  url: 'constr-bind-attachmenturl',
  status: 'required-binding',
}

t.test('refuses a lot with one bad entry, and stores nothing of it', async (t) => {
  const server = await openRecord(t)
  for (const [fault, rule] of Object.entries(faultRules) as [LotFault, string][]) {
    const answer = await post(server, '', aBadLot({ ...jobOf(fault), fault }))
    t.equal(answer.status, 422, fault)
    t.ok(brokenRules(answer).includes(rule), `${fault}: ${brokenRules(answer).join(', ')}`)
    t.match(answer.body.issue?.[0], { expression: [/^Bundle\.entry\[\d\]/] })
  }
  t.same(await counts(server), [0, 0])
})

t.test('names both values when hash or size are wrong', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  const attachment = attachmentOf(ficheOf(lot))
  const right = String(attachment.hash)
  attachment.hash = Buffer.from(right, 'base64').toString('hex')
  const answer = await post(server, '', lot)
  t.same(brokenRules(answer), ['dmp-hash'])
  const { diagnostics } = answer.body.issue!.find(({ severity }) => severity === 'error')!
  t.ok(String(diagnostics).includes(right))
  t.ok(String(diagnostics).includes(String(attachment.hash)))
})

t.test('sets an absent date from the creation of the document, with a warning', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  const fiche = ficheOf(lot)
  delete fiche.date
  delete fiche.custodian
  const answer = await post(server, '', lot)
  t.equal(answer.status, 200)
  const stored = await read(server, locations(answer)[1]!)
  t.equal(stored.date, attachmentOf(stored).creation)
  const { outcome } = answer.body.entry![1]!.response as { outcome: { issue: JsonObject[] } }
  const rules = outcome.issue.map(({ details }) => JSON.stringify(details))
  t.ok(rules.some((text) => text.includes('"pdsm-date"')))
  t.ok(rules.some((text) => text.includes('"pdsm-custodian"')))
  attachmentOf(ficheOf(lot, 1)).creation = '2026-03'
  delete ficheOf(lot, 1).date
  t.equal((await post(server, '', lot)).status, 409, 'another deposit of the same identifier')
})

t.test('refuses what may not stand in a lot, or is not whole', async (t) => {
  const server = await openRecord(t)
  const cases: [string, (lot: ReturnType<typeof aLot>) => void][] = [
    [
      'pdsm-one-submissionset',
      (lot) =>
        lot.entry.push({
          ...lot.entry[0]!,
          fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
        }),
    ],
    ['pdsm-lot-members', (lot) => (lot.entry[0]!.resource.entry as JsonObject[]).pop()],
    [
      'pdsm-unreferenced-document',
      (lot) => {
        attachmentOf(ficheOf(lot, 1)).url = attachmentOf(ficheOf(lot, 0)).url!
      },
    ],
    [
      'pdsm-lot-entries',
      (lot) =>
        lot.entry.push({
          fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000002',
          resource: { resourceType: 'Basic', code: { text: 'x' } },
          request: { method: 'POST', url: 'Basic' },
        }),
    ],
    [
      'pdsm-same-patient',
      (lot) => {
        ficheOf(lot, 1).subject = { reference: 'Patient/demo-patient-02' }
      },
    ],
    [
      'pdsm-unknown-reference',
      (lot) => {
        ficheOf(lot, 1).custodian = { reference: 'Organization/nobody' }
      },
    ],
    [
      'dmp-content-type',
      (lot) => {
        attachmentOf(ficheOf(lot, 1)).contentType = 'text/plain'
      },
    ],
    [
      'pdsm-label',
      (lot) => {
        ficheOf(lot, 1).securityLabel = [{ coding: [{ system: 'http://example.org', code: 'N' }] }]
      },
    ],
  ]
  for (const [rule, spoil] of cases) {
    const lot = aLot(jobOf(rule))
    spoil(lot)
    const answer = await post(server, '', lot)
    t.equal(answer.status, 422, rule)
    t.ok(brokenRules(answer).includes(rule), `${rule}: ${brokenRules(answer).join(', ')}`)
  }
  t.same(await counts(server), [0, 0])
})

t.test("refuses a lot or classeur that names another patient's document", async (t) => {
  const server = await openRecord(t)
  const own = (await deposit(server, 'own')).fiches[0]!
  const others = (await deposit(server, 'others', { patient: otherPatient })).fiches[0]!
  const naming = (reference: string, seed: string) => {
    const lot = aLot(jobOf(seed))
    ;(lot.entry[0]!.resource.entry as JsonObject[]).push({ item: { reference } })
    return lot
  }
  t.equal((await post(server, '', naming(own, 'a'))).status, 200)
  const refused = await post(server, '', naming(others, 'b'))
  t.equal(refused.status, 422)
  t.same(brokenRules(refused), ['pdsm-same-patient'])
  t.match(refused.text, /Bundle\.entry\[0\]\.resource\.entry\[\d\]\.item/)
})

t.test('names the right system for a misspelt label', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  const misspelt =
    'https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument'
  ficheOf(lot).securityLabel = [{ coding: [{ system: misspelt, code: 'N' }] }]
  const answer = await post(server, '', lot)
  t.equal(answer.status, 422)
  t.match(answer.text, /TRE_A07-StatutVisibiliteDocument/)
})

t.test(
  'keeps the labels of a submission as sent, and adds the level that is missing',
  async (t) => {
    const server = await openRecord(t)
    const lot = aLot(jobOf('a', { labels: ['MASQUE_PS'] }))
    const fiche = ficheOf(lot)
    fiche.securityLabel = (fiche.securityLabel as JsonObject[]).slice(0, 1)
    const made = locations(await post(server, '', lot))
    const [first, second] = (await read(server, made[1]!)).securityLabel as JsonObject[]
    t.match(first, { coding: [{ code: 'MASQUE_PS' }] })
    t.match(second, {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }],
    })
    t.same((await read(server, made[2]!)).securityLabel, ficheOf(lot, 1).securityLabel)
  },
)

t.test('resolves a conditional subject, and refuses one that names nobody', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a', { subject: 'conditional' }))
  const made = locations(await post(server, '', lot))
  t.same((await read(server, made[1]!)).subject, { reference: patientUrl })
  t.same((await read(server, made[0]!)).subject, { reference: patientUrl })
  const stranger = JSON.stringify(aLot(jobOf('b', { subject: 'conditional' })))
  const answer = await post(
    server,
    '',
    stranger.replaceAll(
      /Patient\?identifier=[^"]*/g,
      'Patient?identifier=urn:oid:1.2.250.1.213.1.4.8|180017599900137',
    ),
  )
  t.equal(answer.status, 422)
  t.same(brokenRules(answer), ['conditional-reference'])
  const dangling = aLot(jobOf('c'))
  entriesOf(dangling, 'List')[0]!.resource.entry = [
    { item: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000001' } },
  ]
  t.same(brokenRules(await post(server, '', dangling)), ['bundle-reference'])
})

t.test('refuses a comprehensive fiche that is posted alone, and one that is put', async (t) => {
  const server = await openRecord(t)
  const fiche = ficheOf(aLot(jobOf('a')))
  attachmentOf(fiche).url = 'http://example.org/1'
  const alone = await post(server, '/DocumentReference', fiche)
  t.equal(alone.status, 422)
  t.same(brokenRules(alone), ['pdsm-comprehensive-alone'])
  const put = await call(server, 'PUT', '/DocumentReference/x', { body: { ...fiche, id: 'x' } })
  t.equal(put.status, 422)
  t.same(brokenRules(put), ['pdsm-comprehensive-alone'])
  t.same(await counts(server), [0, 0])
})

t.test('leaves plain DocumentReferences alone', async (t) => {
  const server = await openRecord(t)
  const { fiches } = await deposit(server, 'a')
  const plain = {
    resourceType: 'DocumentReference',
    status: 'current',
    relatesTo: [{ code: 'replaces', target: { reference: fiches[0] } }],
    content: [{ attachment: { url: 'http://example.org/1' } }],
  }
  const answer = await post(server, '/DocumentReference', plain)
  t.equal(answer.status, 201)
  t.match(await read(server, fiches[0]!), { status: 'current' })
  t.equal(
    (await call(server, 'DELETE', `/DocumentReference/${String((answer.body as JsonObject).id)}`))
      .status,
    204,
  )
})

t.test('takes a FHIR Binary of a lot only with the bytes it announces', async (t) => {
  const server = await openRecord(t)
  const lot = aLot(jobOf('a'))
  entriesOf(lot, 'Binary')[0]!.resource.data = Buffer.from('autre').toString('base64')
  const answer = await post(server, '', lot)
  t.equal(answer.status, 422)
  t.same(brokenRules(answer).toSorted(), ['dmp-hash', 'dmp-size'])
})

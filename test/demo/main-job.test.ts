import t from 'tap'
import { demoPeople } from '../../src/demo/demo-data.ts'
import type { JobOptions, LotFault } from '../../src/demo/main-job.ts'
import { aBadLot, aLot, aReplacement } from '../../src/demo/main-job.ts'

const { patients, professionals } = demoPeople({ seed: 'test', today: '2026-03-18' })
const options: JobOptions = {
  patient: patients[0]!,
  author: professionals[0]!,
  now: '2026-03-18T10:30:00Z',
  seed: 'a',
}
const types = ({ entry }: ReturnType<typeof aLot>) =>
  entry.map(({ resource }) => resource.resourceType)

t.test('makes a lot of a CDA and a PDF for one patient', async (t) => {
  const lot = aLot(options)
  t.same(types(lot), ['List', 'DocumentReference', 'DocumentReference', 'Binary', 'Binary'])
  t.same(
    lot.entry.slice(3).map(({ resource }) => resource.contentType),
    ['application/xml', 'application/pdf'],
  )
  t.match(lot.entry[1]!.resource.subject, { reference: 'Patient/demo-patient-01' })
  t.same(aLot(options), lot, 'the same job gives the same lot')
  t.not(JSON.stringify(aLot({ ...options, seed: 'b' })), JSON.stringify(lot))
})

t.test('names the patient by INS where asked', async (t) => {
  const { ins } = patients[0]!
  const lot = aLot({ ...options, subject: 'conditional' })
  for (const { resource } of lot.entry.slice(0, 3))
    t.same(resource.subject, { reference: `Patient?identifier=${ins.system}|${ins.value}` })
})

t.test('labels documents where asked', async (t) => {
  const lot = aLot({ ...options, labels: ['MASQUE_PS'] })
  t.match(lot.entry[2]!.resource.securityLabel, [
    { coding: [{ code: 'MASQUE_PS' }] },
    { coding: [{ code: 'N' }] },
  ])
})

t.test('replaces a document, with and without the PATCH of the old one', async (t) => {
  const replaced = 'DocumentReference/x'
  const replacement = aReplacement({ ...options, replaced })
  t.same(types(replacement), ['List', 'DocumentReference', 'Binary', 'Parameters'])
  t.same(replacement.entry[1]!.resource.relatesTo, [
    { code: 'replaces', target: { reference: replaced } },
  ])
  t.same(replacement.entry[3]!.request, { method: 'PATCH', url: replaced })
  t.same(types(aReplacement({ ...options, replaced, withPatch: false })), [
    'List',
    'DocumentReference',
    'Binary',
  ])
})

t.test('makes lots with exactly one fault', async (t) => {
  const right = JSON.stringify(aLot(options), undefined, 1).split('\n')
  const wrong: Record<LotFault, RegExp> = {
    hash: /"hash"/,
    size: /"size"/,
    title: /"title"/,
    url: /"url"/,
    status: /"status"/,
  }
  for (const [fault, words] of Object.entries(wrong) as [LotFault, RegExp][]) {
    const lines = JSON.stringify(aBadLot({ ...options, fault }), undefined, 1).split('\n')
    const missing = right.filter((line) => !lines.includes(line))
    t.equal(missing.length, fault === 'status' ? 0 : 1, fault)
    t.match(fault === 'status' ? lines.join('') : missing[0], words)
    t.ok(Math.abs(lines.length - right.length) <= 1)
  }
})

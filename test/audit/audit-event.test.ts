import t from 'tap'
import { renderAuditEvent } from '../../src/audit/audit-event.ts'
import type { AuditRecord } from '../../src/audit/journal.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createFrenchValidator, hasExamples } from '../validation/french-examples.ts'
import { aRecord } from './records.ts'

const rich: AuditRecord = aRecord({
  interaction: 'search-type',
  action: 'E',
  outcome: 'refused',
  status: 403,
  agent: {
    kind: 'professional',
    user: 'Practitioner/1',
    practitioner: 'https://rpps.esante.gouv.fr|10001234567',
    profession: '10',
    organization: 'https://finess.esante.gouv.fr|750000001',
    client: 'logiciel',
    display: 'Dr Élise Martin',
  },
  purpose: 'bris_de_glace',
  reason: 'Patient inconscient',
  entities: ['Patient/p1', 'DocumentReference/d1', 'Observation/o1'],
  entitiesOmitted: 3,
  query: 'identifier=***',
})

const cases: Record<string, AuditRecord> = {
  'a rich record': rich,
  'an open caller': aRecord({ agent: { kind: 'open' } }),
  'a system': aRecord({
    agent: {
      kind: 'establishment',
      organization: 'https://finess.esante.gouv.fr|750000001',
      client: 'dpi',
    },
  }),
  'software alone': aRecord({ agent: { kind: 'app', client: 'appli' } }),
  'a citizen': aRecord({ agent: { kind: 'citizen', user: 'Patient/p1', client: 'mes' } }),
  'an operation': aRecord({ interaction: '$mask', action: 'E', purpose: 'centre_15' }),
  'no patient': aRecord({ entities: [], outcome: 'failed', status: 404 }),
}

t.test('is an AuditEvent of R4 and of TdE', { skip: !hasExamples() }, async (t) => {
  const { validator } = await createFrenchValidator()
  for (const [name, record] of Object.entries(cases)) {
    const event = renderAuditEvent('0'.repeat(32), record, 'http://localhost:8080/fhir') as Resource
    const issues = validator
      .validate(event)
      // dom-6 recommends a narrative, which nobody reads in a trace.
      .filter(
        ({ severity, diagnostics }) =>
          severity !== 'information' && !diagnostics?.startsWith('dom-6'),
      )
      .map(({ severity, diagnostics, expression }) => ({ severity, diagnostics, expression }))
    t.same(issues, [], name)
  }
})

t.test('says who, for whom, why, what came of it and what was touched', async (t) => {
  const event = renderAuditEvent('x', rich, 'http://localhost:8080/fhir')
  t.match(event, {
    action: 'E',
    outcome: '8',
    subtype: [{ code: 'search-type' }],
    purposeOfEvent: [{ coding: [{ code: 'BTG' }], text: 'Patient inconscient' }],
    agent: [
      {
        requestor: true,
        who: { reference: 'Practitioner/1', identifier: { value: '10001234567' } },
      },
      { requestor: false, who: { identifier: { value: '750000001' } }, altId: 'logiciel' },
    ],
    entity: [
      { what: { reference: 'Patient/p1' } },
      { what: { reference: 'DocumentReference/d1' } },
      { what: { reference: 'Observation/o1' } },
      { description: '3 more resources' },
      { query: Buffer.from('identifier=***').toString('base64') },
    ],
  })
})

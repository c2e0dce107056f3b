/** Validators and valid resources for tests. */
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import type { Issue } from '../../src/fhir/operation-outcome.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { createTerminology } from '../../src/terminology/terminology.ts'
import { createValidator } from '../../src/validation/create-validator.ts'
import { createInvariantCompiler } from '../../src/validation/fhirpath-invariants.ts'
import type { Relaxations } from '../../src/validation/run.ts'

export function createCoreValidator(relaxations: Relaxations = {}) {
  const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })
  const terminology = createTerminology(registry)
  const compileInvariant = createInvariantCompiler({ registry, terminology })
  const validator = createValidator({ registry, terminology, compileInvariant, relaxations })
  return { registry, terminology, validator }
}

/** `rule expression` of each error. */
export function errorsOf(issues: readonly Issue[]): string[] {
  return issues
    .filter(({ severity }) => severity === 'error' || severity === 'fatal')
    .map(({ rule, expression }) => `${rule} ${expression?.[0]}`)
}

export function aPatient(changes: JsonObject = {}): Resource {
  return {
    resourceType: 'Patient',
    id: 'p1',
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">Anne</div>' },
    identifier: [{ system: 'urn:oid:1.2.250.1.213.1.4.8', value: '180032A00400150' }],
    name: [{ use: 'official', family: 'Martin', given: ['Anne', 'Marie'] }],
    telecom: [{ system: 'phone', value: '0601020304', period: { start: '2020-01-01' } }],
    gender: 'female',
    birthDate: '1980-02-29',
    contact: [{ name: { family: 'Durand' } }],
    generalPractitioner: [{ reference: '#gp' }],
    contained: [{ resourceType: 'Practitioner', id: 'gp', name: [{ family: 'Petit' }] }],
    ...changes,
  }
}

export function aDocumentReference(changes: JsonObject = {}): Resource {
  return {
    resourceType: 'DocumentReference',
    id: 'd1',
    status: 'current',
    type: { coding: [{ system: 'http://loinc.org', code: '11490-0' }] },
    subject: { reference: 'Patient/p1' },
    date: '2024-05-01T10:00:00+02:00',
    relatesTo: [{ code: 'replaces', target: { reference: 'DocumentReference/d0' } }],
    content: [{ attachment: { contentType: 'application/pdf', url: 'Binary/b1', size: 12 } }],
    ...changes,
  }
}

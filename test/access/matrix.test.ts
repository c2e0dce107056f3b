/**
 * Every class of resource-classes.ts x every kind of caller x every interaction (decision 82). The
 * table below is what was reviewed: HTTP statuses, in the order of `interactions`.
 */
import t from 'tap'
import { resourceClassOf, type ResourceClass } from '../../src/access/resource-classes.ts'
import type { Caller } from '../../src/auth/caller.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { anObservation } from '../fixtures.ts'
import {
  anonymous,
  app,
  citizen,
  clinic,
  establishment,
  operator,
  professional,
  scope,
} from './callers.ts'
import { doctor, plainWorld } from './plain-world.ts'

const callers = {
  anonymous,
  patient: citizen('p1'),
  representative: citizen('p2'),
  'other citizen': citizen('p9'),
  'professional in a care relation': doctor,
  'treating physician': professional('10000000002'),
  'blocked professional': professional('10000000003'),
  stranger: professional('10000000005'),
  'depositing establishment': establishment(),
  'other establishment': establishment(clinic),
  app: app('p1', { scopes: [scope('patient/*.cruds')] }),
  'app without consent': app('p1', { client: 'app-2', scopes: [scope('patient/*.cruds')] }),
  operator,
} satisfies Record<string, Caller>
type Who = keyof typeof callers

const interactions = [
  'create',
  'read',
  'vread',
  'update',
  'patch',
  'delete',
  'history-instance',
  'history-type',
  'search',
] as const
type Interaction = (typeof interactions)[number]

const nobody = '401 401 401 401 401 401 401 401 401'
const refused = '403 403 403 403 403 403 403 403 403'
const reader = '403 200 200 403 403 403 200 200 200'
const owner = '201 200 200 200 200 204 200 200 200'

/** Of one resource of p1 that the depositing establishment stored; the directory is the operator's. */
const expected: Readonly<Record<ResourceClass, Readonly<Record<Who, string>>>> = {
  patient: {
    //                                 create read vread update patch delete history type search
    anonymous: nobody,
    patient: '201 200 200 403 403 403 200 200 200',
    representative: '201 200 200 403 403 403 200 200 200',
    'other citizen': '403 404 404 404 404 204 404 200 200',
    'professional in a care relation': '201 200 200 403 403 403 200 403 200',
    'treating physician': '201 200 200 403 403 403 200 403 200',
    'blocked professional': '201 404 404 404 404 204 404 403 403',
    stranger: '201 404 404 404 404 204 404 403 403',
    'depositing establishment': owner,
    // 409: an id of one's own choice that is taken (decision 57).
    'other establishment': '201 404 404 409 404 204 404 200 200',
    app: '201 200 200 403 403 403 200 200 200',
    'app without consent': '403 404 404 404 404 204 404 403 403',
    operator: refused,
  },
  directory: {
    anonymous: nobody,
    patient: reader,
    representative: reader,
    'other citizen': reader,
    'professional in a care relation': reader,
    'treating physician': reader,
    'blocked professional': reader,
    stranger: reader,
    'depositing establishment': reader,
    'other establishment': reader,
    app: reader,
    'app without consent': reader,
    operator: owner,
  },
  operator: {
    anonymous: nobody,
    patient: refused,
    representative: refused,
    'other citizen': refused,
    'professional in a care relation': refused,
    'treating physician': refused,
    'blocked professional': refused,
    stranger: refused,
    'depositing establishment': refused,
    'other establishment': refused,
    app: refused,
    'app without consent': refused,
    operator: owner,
  },
}

interface Representative {
  readonly resource: Resource
  readonly depositor: Caller
  /** A change for PATCH. */
  readonly path: string
}

const representatives: Readonly<Record<ResourceClass, Representative>> = {
  patient: {
    resource: anObservation({ subject: { reference: 'Patient/p1' } }),
    depositor: establishment(),
    path: '/valueQuantity',
  },
  directory: {
    resource: { resourceType: 'Organization', name: 'CHU', alias: ['x'] },
    depositor: operator,
    path: '/alias',
  },
  operator: {
    resource: {
      resourceType: 'Linkage',
      active: true,
      item: [{ type: 'source', resource: { display: 'x' } }],
    },
    depositor: operator,
    path: '/active',
  },
}

/** What the found patients' rights are: a record for every relation of `callers`. */
const facts = {
  authorized: [doctor, callers['blocked professional']].map(({ practitioner }) => ({
    party: practitioner!,
    period: { start: 0 },
    recordedBy: 'p1',
  })),
  blocked: [{ party: callers['blocked professional'].practitioner!, since: 0 }],
  treatingPhysician: callers['treating physician'].practitioner!,
  representatives: [{ person: 'p2', kind: 'mandate', period: { start: 0 } } as const],
}

const jsonPatch = { 'content-type': 'application/json-patch+json' }

for (const resourceClass of ['patient', 'directory', 'operator'] as const) {
  t.test(`the class ${resourceClass}: every caller, every interaction`, async (t) => {
    const world = await plainWorld(t)
    const { resource, depositor, path } = representatives[resourceClass]
    const type = String(resource.resourceType)
    const { registry } = world.server.services
    t.equal(resourceClassOf(type, registry.patientCompartment(type).length > 0), resourceClass)
    const consent = { client: 'app-1', purpose: 'x', types: [type], period: { start: 0 } }
    await world.record('p1', { ...facts, apps: [consent] })
    let made = 0
    const call = (interaction: Interaction, who: Caller, id: string) => {
      const instance = `/${type}/${id}`
      const named = who.kind === 'professional' && resourceClass === 'patient' ? '?patient=p1' : ''
      const requests: Record<Interaction, readonly [string, string, unknown?, object?]> = {
        create: ['POST', `/${type}`, resource],
        read: ['GET', instance],
        vread: ['GET', `${instance}/_history/1`],
        update: ['PUT', instance, { ...resource, id }],
        patch: ['PATCH', instance, [{ op: 'remove', path }], jsonPatch],
        delete: ['DELETE', instance],
        'history-instance': ['GET', `${instance}/_history`],
        'history-type': ['GET', `/${type}/_history`],
        search: ['GET', `/${type}${named}`],
      }
      const [method, url, body, headers] = requests[interaction]
      return world.as(who, method, url, body, headers)
    }
    for (const [name, who] of Object.entries(callers) as [Who, Caller][]) {
      const statuses: number[] = []
      for (const interaction of interactions) {
        const id = `x${made++}`
        await world.put({ ...resource, id } as Resource, depositor)
        statuses.push((await call(interaction, who, id)).status)
      }
      t.equal(statuses.join(' '), expected[resourceClass][name], name)
    }
  })
}

/** read of an absent id, and search without parameters, by class. */
const bare: Readonly<Record<ResourceClass, Readonly<Partial<Record<Who, string>>>>> = {
  patient: {
    anonymous: '401 401',
    patient: '404 200',
    stranger: '404 403',
    'depositing establishment': '404 200',
    app: '404 403',
    operator: '403 403',
  },
  directory: {
    anonymous: '401 401',
    patient: '404 200',
    stranger: '404 200',
    'depositing establishment': '404 200',
    app: '404 200',
    operator: '404 200',
  },
  operator: {
    anonymous: '401 401',
    patient: '403 403',
    stranger: '403 403',
    'depositing establishment': '403 403',
    app: '403 403',
    operator: '404 200',
  },
}

t.test('every served type follows its class in read and search', async (t) => {
  const world = await plainWorld(t)
  const { registry } = world.server.services
  const types = registry.resourceTypes.filter((type) => type !== 'AuditEvent')
  t.ok(types.length > 100)
  const wrong: string[] = []
  for (const type of types) {
    const resourceClass = resourceClassOf(type, registry.patientCompartment(type).length > 0)
    for (const [name, statuses] of Object.entries(bare[resourceClass])) {
      const who = callers[name as Who]
      const read = (await world.as(who, 'GET', `/${type}/absent`)).status
      const search = (await world.as(who, 'GET', `/${type}`)).status
      if (`${read} ${search}` !== statuses)
        wrong.push(`${type} ${name}: ${read} ${search}, not ${statuses}`)
    }
  }
  t.same(wrong, [])
})

/**
 * Two databases that differ only in what a caller may not see must answer byte for byte the same.
 * Ids, clock and sequence are the same in both. Later features add rows to `requests`.
 */
import type { Caller } from '../../src/auth/caller.ts'
import { emptyAccessRecord, type AccessRecord } from '../../src/access/access-record.ts'
import { planAccessRecord, readAccessRecord } from '../../src/access/access-records.ts'
import { loadConfig } from '../../src/config.ts'
import type { JsonObject, Resource } from '../../src/fhir/resource.ts'
import { buildServer, type Server } from '../../src/server.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { app, citizen, clinic, establishment, professional } from './callers.ts'

const TRE_A07 =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'
const LOINC = 'http://loinc.org'
const doctor = professional('10000000001')
const nurse = professional('10000000009', { profession: '60' })

/** A caller, and a label or type that hides a document of p1 from them. */
export interface Perspective {
  readonly name: string
  readonly caller: Caller
  readonly record: Partial<AccessRecord>
  readonly hidden: { readonly label?: string; readonly type?: string; readonly depositor?: Caller }
}

const always = { start: 0 }

export const perspectives: readonly Perspective[] = [
  { name: 'citizen', caller: citizen('p1'), record: {}, hidden: { label: 'INVISIBLE_PATIENT' } },
  {
    name: 'representative',
    caller: citizen('p3'),
    record: { representatives: [{ person: 'p3', kind: 'minor', period: always }] },
    hidden: { label: 'INVISIBLE_REPRESENTANTS_LEGAUX' },
  },
  {
    name: 'professional in a care relation',
    caller: doctor,
    record: { authorized: [{ party: doctor.practitioner!, period: always, recordedBy: 'p1' }] },
    hidden: { label: 'MASQUE_PS' },
  },
  {
    name: 'nurse',
    caller: nurse,
    record: { authorized: [{ party: nurse.practitioner!, period: always, recordedBy: 'p1' }] },
    hidden: { type: '89601-9' },
  },
  { name: 'stranger professional', caller: professional('10000000005'), record: {}, hidden: {} },
  { name: 'other establishment', caller: establishment(clinic), record: {}, hidden: {} },
  {
    name: 'third-party app',
    caller: app('p1', { scopes: app('p1').scopes! }),
    record: {
      apps: [
        {
          client: 'app-1',
          purpose: 'x',
          types: ['DocumentReference', 'Patient', 'Observation', 'List', 'Binary'],
          period: always,
        },
      ],
    },
    hidden: { label: 'MASQUE_PS' },
  },
]

export interface World {
  readonly server: Server
  as(caller: Caller, request: DualRequest): Promise<string>
  /** Milliseconds; moves on by one second for each request. */
  readonly clock: { now: number }
}

export interface DualRequest {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const start = Date.parse('2026-05-05T10:00:00Z')

async function openWorld(perspective: Perspective, ownerOfHidden: 'p1' | 'p9'): Promise<World> {
  const clock = { now: start }
  let caller: Caller = establishment()
  const store = createMemoryStore({ now: () => clock.now })
  const config = loadConfig({
    STORE_URL: 'memory:',
    LOG_LEVEL: 'silent',
    DEMO_DATA: 'off',
    AUTH: 'open',
  })
  const server = await buildServer(config, {
    store,
    now: () => clock.now,
    authenticate: () => caller,
  })
  let made = 0
  Object.assign(server.services, { makeId: () => `made-${String(++made).padStart(6, '0')}` })
  const send = async (who: Caller, { method, path, headers = {}, body }: DualRequest) => {
    caller = who
    clock.now += 1000
    const isText = typeof body === 'string'
    return server.app.inject({
      method: method as 'GET',
      url: `/fhir${path}`,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: isText ? body : JSON.stringify(body) }),
    })
  }
  const world: World = {
    server,
    clock,
    as: async (who, request) => comparable(await send(who, request)),
  }
  const put = async (resource: Resource, who: Caller = establishment()) => {
    const path = `/${resource.resourceType}/${String(resource.id)}`
    const answer = await send(who, { method: 'PUT', path, body: resource })
    if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${answer.body}`)
  }
  await populate(put, perspective, ownerOfHidden)
  const write = planAccessRecord(
    'p1',
    await readAccessRecord(store, 'p1'),
    { ...emptyAccessRecord, ...perspective.record },
    clock.now,
  )
  await store.commit({ preconditions: [], writes: [write], claims: [], events: [] })
  return world
}

async function populate(
  put: (resource: Resource, who?: Caller) => Promise<void>,
  { hidden }: Perspective,
  ownerOfHidden: 'p1' | 'p9',
): Promise<void> {
  for (const id of ['p1', 'p3', 'p9']) await put(patient(id))
  await put({
    resourceType: 'Binary',
    id: 'b-open',
    contentType: 'text/plain',
    data: 'b3V2ZXJ0',
    securityContext: { reference: 'Patient/p1' },
  })
  for (const id of ['d-open', 'd-open-2']) await put(document(id, 'p1', {}))
  await put(observation('o-open', 'p1'))
  // The same commits in both worlds: only whom they are about differs.
  const depositor = hidden.depositor ?? establishment()
  await put(document('d-hidden', ownerOfHidden, hidden), depositor)
  await put(
    {
      resourceType: 'Binary',
      id: 'b-hidden',
      contentType: 'text/plain',
      data: 'Y2FjaMOp',
      securityContext: { reference: 'DocumentReference/d-hidden' },
    },
    depositor,
  )
  await put(document('d-hidden', ownerOfHidden, { ...hidden, description: 'deuxième' }), depositor)
  await put(
    {
      resourceType: 'List',
      id: 'l-hidden',
      status: 'current',
      mode: 'working',
      subject: { reference: `Patient/${ownerOfHidden}` },
      entry: [{ item: { reference: 'DocumentReference/d-hidden' } }],
    },
    depositor,
  )
}

function patient(id: string): Resource {
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'urn:test', value: id }],
    name: [{ family: 'Essai', given: [id] }],
  }
}

function observation(id: string, subject: string): Resource {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: LOINC, code: '718-7' }] },
    subject: { reference: `Patient/${subject}` },
  }
}

function document(
  id: string,
  subject: string,
  { label, type, description }: Perspective['hidden'] & { description?: string },
): Resource {
  return {
    resourceType: 'DocumentReference',
    id,
    status: 'current',
    identifier: [{ system: 'urn:doc', value: id }],
    type: { coding: [{ system: LOINC, code: type ?? '57833-6' }] },
    subject: { reference: `Patient/${subject}` },
    date: '2026-05-01T10:00:00Z',
    ...(description === undefined ? {} : { description }),
    ...(label === undefined
      ? {}
      : { securityLabel: [{ coding: [{ system: TRE_A07, code: label }] }] }),
    content: [
      {
        attachment: {
          contentType: 'text/plain',
          url: id === 'd-hidden' ? 'http://example.org/x' : 'Binary/b-open',
        },
      },
    ],
  }
}

/** What a caller sees of an answer: all but what is random in every answer. */
function comparable({
  statusCode,
  headers,
  body,
}: {
  statusCode: number
  headers: Record<string, unknown>
  body: string
}): string {
  const shown = Object.entries(headers)
    .filter(([name]) => name !== 'x-request-id' && name !== 'date')
    // A page token is sealed with a random nonce: its length alone differs with the nonce never.
    .map(([name, value]) => `${name}: ${String(value)}`)
    .toSorted()
  const text = body
    .replace(/_page=[A-Za-z0-9_-]+/g, '_page=…')
    .replace(/"resourceType":"OperationOutcome","id":"[^"]*"/g, '"resourceType":"OperationOutcome"')
    .replace(/urn:uuid:[0-9a-f-]{36}/g, 'urn:uuid:…')
  return [statusCode, ...shown.filter((line) => !line.startsWith('content-length')), text].join(
    '\n',
  )
}

export interface WorldPair {
  readonly perspective: Perspective
  readonly withHidden: World
  readonly without: World
}

export async function openPair(perspective: Perspective): Promise<WorldPair> {
  return {
    perspective,
    withHidden: await openWorld(perspective, 'p1'),
    without: await openWorld(perspective, 'p9'),
  }
}

export interface Difference {
  readonly perspective: string
  readonly request: DualRequest
  readonly withHidden: string
  readonly without: string
}

/** The same request to both worlds; undefined when the answers are the same. */
export async function compareOnce(
  { perspective, withHidden, without }: WorldPair,
  request: DualRequest,
): Promise<Difference | undefined> {
  const answers = [
    await withHidden.as(perspective.caller, request),
    await without.as(perspective.caller, request),
  ] as const
  return answers[0] === answers[1]
    ? undefined
    : { perspective: perspective.name, request, withHidden: answers[0], without: answers[1] }
}

/** A repeatable source of chance: mulberry32. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export type Pick = <T>(list: readonly T[]) => T

const ids = {
  DocumentReference: ['d-open', 'd-open-2', 'd-hidden', 'd-absent'],
  Binary: ['b-open', 'b-hidden', 'b-absent'],
  List: ['l-hidden', 'l-absent'],
  Observation: ['o-open', 'o-absent'],
  Patient: ['p1', 'p3', 'absent'],
} as const
type Known = keyof typeof ids
const types = Object.keys(ids) as Known[]

const filters: readonly string[] = [
  '',
  'status=current',
  'status=superseded',
  '_id=d-hidden',
  '_id=d-hidden,d-open',
  'identifier=urn:doc|d-hidden',
  'identifier=urn:doc|',
  'description=deuxième',
  'description:missing=true',
  'type=http://loinc.org|89601-9',
  'type:not=http://loinc.org|57833-6',
  'security-label=MASQUE_PS',
  'security-label:missing=false',
  'date=ge2026',
  '_lastUpdated=gt2026-05-05',
  '_tag:missing=true',
  'subject:Patient.name=essai',
  'patient.family=Essai',
]
const shapes: readonly string[] = [
  '',
  '_summary=count',
  '_total=accurate',
  '_count=1',
  '_count=0',
  '_sort=-date',
  '_sort=_lastUpdated',
  '_sort=-_id',
  '_elements=status',
  '_include=DocumentReference:subject',
  '_include=*',
  '_revinclude=List:item',
  '_summary=true',
]

/** One row for each shape of request; collisions by decision stand beside them. */
export const requests: readonly {
  readonly name: string
  readonly make: (pick: Pick) => DualRequest
}[] = [
  {
    name: 'read',
    make: (pick) => onInstance(pick, (path) => ({ method: pick(['GET', 'HEAD']), path })),
  },
  {
    name: 'read in part',
    make: (pick) =>
      onInstance(pick, (path) => ({
        method: 'GET',
        path: `${path}?_summary=${pick(['true', 'text', 'data'])}`,
      })),
  },
  {
    name: 'conditional read',
    make: (pick) =>
      onInstance(pick, (path) => ({
        method: 'GET',
        path,
        headers: { 'if-none-match': pick(['W/"1"', 'W/"2"']) },
      })),
  },
  {
    name: 'vread',
    make: (pick) =>
      onInstance(pick, (path) => ({
        method: 'GET',
        path: `${path}/_history/${pick(['1', '2', '3'])}`,
      })),
  },
  {
    name: 'instance history',
    make: (pick) => onInstance(pick, (path) => ({ method: 'GET', path: `${path}/_history` })),
  },
  {
    name: 'type history',
    make: (pick) => ({
      method: 'GET',
      path: `/${pick(types)}/_history?_count=${pick(['1', '5', '50'])}`,
    }),
  },
  {
    name: 'system history',
    make: (pick) => ({ method: 'GET', path: `/_history?_count=${pick(['1', '50'])}` }),
  },
  {
    name: 'binary',
    make: (pick) => ({
      method: 'GET',
      path: `/Binary/${pick(ids.Binary)}`,
      headers: {
        accept: pick(['text/plain', 'application/fhir+json', '*/*']),
        ...pick([{}, { range: 'bytes=0-2' }]),
      },
    }),
  },
  {
    name: 'search',
    make: (pick) => ({
      method: 'GET',
      path: `/DocumentReference?${query(pick(['patient=p1', 'patient=Patient/p1', 'patient.identifier=urn:test|p1', 'patient=absent', '']), pick(filters), pick(shapes))}`,
    }),
  },
  {
    name: 'includes of every kind',
    make: (pick) => ({
      method: 'GET',
      path: `/${pick(['Patient', 'Observation', 'List', 'DocumentReference'])}?${query(pick(['patient=p1', '_id=p1', '']), pick(['_include=*', '_include:iterate=*', '_revinclude=*', '_include=List:item', '_revinclude=DocumentReference:subject', '_revinclude:iterate=List:item']), pick(['_count=1', '_count=5', '_total=accurate']))}`,
    }),
  },
  {
    name: 'the access record',
    make: (pick) => ({ method: 'GET', path: `/Patient/${pick(ids.Patient)}/$access-record` }),
  },
  {
    name: 'search by POST',
    make: (pick) => ({
      method: 'POST',
      path: '/DocumentReference/_search',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: query(pick(['patient=p1', 'subject=Patient/p1']), pick(filters), pick(shapes)),
    }),
  },
  {
    name: 'search of lots',
    make: (pick) => ({
      method: 'GET',
      path: `/List?${query('patient=p1&code=x&status=current', pick(['', 'item=DocumentReference/d-hidden', 'item=d-open']), pick(['', '_include=List:item', '_summary=count']))}`,
    }),
  },
  {
    name: 'search of other types',
    make: (pick) => ({
      method: 'GET',
      path: `/${pick(['Observation', 'Patient', 'Binary', 'List'])}?${query(pick(['patient=p1', '_id=p1', 'identifier=urn:test|p1', '']), '', pick(shapes))}`,
    }),
  },
  {
    name: '_has',
    make: (pick) => ({
      method: 'GET',
      path: `/Patient?${query(pick(['_id=p1', 'identifier=urn:test|p1', '']), `_has:DocumentReference:patient:${pick(['identifier=urn:doc|d-hidden', 'identifier=urn:doc|d-open', 'security-label=MASQUE_PS', 'description=deuxième', 'type=89601-9'])}`, pick(['', '_summary=count']))}`,
    }),
  },
  {
    name: 'system search',
    make: (pick) => ({
      method: 'GET',
      path: `/?_type=${pick(['DocumentReference', 'DocumentReference,Observation', 'List,Binary'])}&_id=${pick(['d-hidden', 'd-open', 'l-hidden'])}`,
    }),
  },
  {
    name: 'conditional create',
    make: (pick) => ({
      method: 'POST',
      path: '/DocumentReference',
      headers: {
        'if-none-exist': `patient=p1&status=current&identifier=urn:doc|${pick(['d-hidden', 'd-open', 'd-absent'])}`,
      },
      body: document('x', 'p1', {}),
    }),
  },
  {
    name: 'conditional update',
    make: (pick) => ({
      method: 'PUT',
      path: `/DocumentReference?patient=p1&status=current&identifier=urn:doc|${pick(['d-hidden', 'd-open'])}`,
      body: withoutId(document('x', 'p1', {})),
    }),
  },
  {
    name: 'conditional patch',
    make: (pick) => ({
      method: 'PATCH',
      path: `/DocumentReference?patient=p1&status=current&identifier=urn:doc|${pick(['d-hidden', 'd-absent'])}`,
      headers: patchType,
      body: [{ op: 'replace', path: '/status', value: 'superseded' }],
    }),
  },
  {
    name: 'patch',
    make: (pick) => ({
      method: 'PATCH',
      path: `/DocumentReference/${pick(['d-hidden', 'd-absent'])}`,
      headers: patchType,
      body: [{ op: 'replace', path: pick(['/status', '/nowhere']), value: 'superseded' }],
    }),
  },
  {
    name: 'delete',
    make: (pick) => ({
      method: 'DELETE',
      path: `/DocumentReference/${pick(['d-hidden', 'd-absent'])}`,
      ...pick([{}, { headers: { 'if-match': 'W/"2"' } }]),
    }),
  },
  {
    name: 'conditional delete',
    make: (pick) => ({
      method: 'DELETE',
      path: `/DocumentReference?patient=p1&status=current&identifier=urn:doc|${pick(['d-hidden', 'd-absent'])}`,
    }),
  },
  {
    name: 'reference on write',
    make: (pick) => ({
      method: 'POST',
      path: '/Observation',
      body: {
        ...withoutId(observation('x', 'p1')),
        derivedFrom: [{ reference: `DocumentReference/${pick(['d-hidden', 'd-absent'])}` }],
        note: [{ text: pick(['a', 'b']) }],
      },
    }),
  },
  {
    name: 'reference to bytes',
    make: (pick) => ({
      method: 'POST',
      path: '/DocumentReference',
      body: {
        ...withoutId(document('x', 'p1', {})),
        content: [{ attachment: { url: `Binary/${pick(['b-hidden', 'b-absent'])}` } }],
      },
    }),
  },
  {
    name: '$validate an instance',
    make: (pick) =>
      onInstance(pick, (path) => ({
        method: 'POST',
        path: `${path}/$validate`,
        headers: { 'content-length': '0' },
      })),
  },
  {
    name: 'mask',
    make: (pick) => ({
      method: 'POST',
      path: `/DocumentReference/${pick(['d-hidden', 'd-absent'])}/$mask`,
      body: {
        resourceType: 'Parameters',
        parameter: [{ name: 'from', valueCode: 'professionals' }],
      },
    }),
  },
  { name: 'batch', make: (pick) => ({ method: 'POST', path: '', body: bundle('batch', pick) }) },
  {
    name: 'transaction',
    make: (pick) => ({ method: 'POST', path: '', body: bundle('transaction', pick) }),
  },
]

/**
 * Collisions that are so by decision and are not asked for: a taken masterIdentifier (4), a second
 * Patient with one qualified INS (33), an establishment's PUT to a hidden id of its choice (57).
 */
export const collisionsByDecision: readonly number[] = [4, 33, 57]

const patchType = { 'content-type': 'application/json-patch+json' }

function onInstance(pick: Pick, make: (path: string) => DualRequest): DualRequest {
  const type = pick(types)
  return make(`/${type}/${pick(ids[type] as readonly string[])}`)
}

function query(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('&')
}

function withoutId(resource: Resource): JsonObject {
  const { id: _, ...rest } = resource
  return rest
}

function bundle(type: 'batch' | 'transaction', pick: Pick): JsonObject {
  const urls = [
    'DocumentReference/d-hidden',
    'DocumentReference/d-open',
    'DocumentReference?patient=p1&status=current',
    'Patient/p1',
    'List/l-hidden',
    'Binary/b-hidden',
  ]
  const entry = Array.from({ length: 1 + pick([0, 1, 2]) }, (): JsonObject => ({
    request: { method: 'GET', url: pick(urls) },
  }))
  if (pick([true, false]))
    entry.push({
      request: { method: 'DELETE', url: `DocumentReference/${pick(['d-hidden', 'd-absent'])}` },
    })
  if (pick([true, false])) {
    entry.push({
      request: {
        method: 'POST',
        url: 'Observation',
        ifNoneExist: `patient=p1&code=${pick(['1', '2'])}`,
      },
      resource: withoutId(observation('x', 'p1')),
    })
  }
  return { resourceType: 'Bundle', type, entry }
}

/** The differences among `count` generated pairs of requests, over all perspectives. */
export async function compareWorlds(
  count: number,
  seed: number,
  progress?: (done: number) => void,
): Promise<readonly Difference[]> {
  const differences: Difference[] = []
  const random = createRandom(seed)
  const pick: Pick = (list) => list[random(list.length)]!
  const perRound = 250
  for (let done = 0; done < count; done += perRound) {
    const perspective = perspectives[(done / perRound) % perspectives.length]!
    const pair = await openPair(perspective)
    for (let index = 0; index < Math.min(perRound, count - done); index++) {
      const difference = await compareOnce(pair, pick(requests).make(pick))
      if (difference) differences.push(difference)
    }
    await pair.withHidden.server.close()
    await pair.without.server.close()
    progress?.(done + perRound)
  }
  return differences
}

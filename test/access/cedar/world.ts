/** A random world as it would stand in a store: resources with their envelopes and index entries. */
import { createAccessControl } from '../../../src/access/access-control.ts'
import { planAccessRecord } from '../../../src/access/access-records.ts'
import { createGuard, type GuardedStore } from '../../../src/access/guarded-store.ts'
import type { Session } from '../../../src/access/access-control.ts'
import type { Caller } from '../../../src/auth/caller.ts'
import { createRegistry } from '../../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../../src/conformance/definitions-cache.ts'
import type { IndexEntry } from '../../../src/search/index-entry.ts'
import { createMemoryStore } from '../../../src/store/memory/memory-store.ts'
import type { ResourceStore } from '../../../src/store/resource-store.ts'
import type { Depositor, Envelope } from '../../../src/store/stored-version.ts'
import { aDelete, aPlan, aWrite } from '../../store/plans.ts'
import { classes, matrix } from './random-callers.ts'
import type { RandomResource, RandomWorld } from './random-worlds.ts'

const registry = createRegistry({ core: loadCoreDefinitions({ cacheDir: '.cache' }) })

export interface Item {
  readonly type: RandomResource['type']
  readonly id: string
  readonly envelope: Envelope
  readonly entries: readonly IndexEntry[]
  readonly isDeleted: boolean
  /** Of a lot. */
  readonly documents: readonly Item[]
  readonly owner?: Item
  readonly random: RandomResource
}

export interface World extends RandomWorld {
  readonly items: readonly Item[]
}

export function buildWorld(random: RandomWorld): World {
  const items = new Map<string, Item>()
  const made = new Map<number, Item>()
  // Owners first, and before them what lots name.
  const order = ['DocumentReference', 'List']
  const indexes = random.resources.map((_, index) => index)
  const rank = (index: number) => {
    const at = order.indexOf(random.resources[index]!.type)
    return at < 0 ? order.length : at
  }
  for (const index of indexes.toSorted((a, b) => rank(a) - rank(b))) {
    const item = buildItem(random.resources[index]!, { index, made, caller: random.caller })
    const key = `${item.type}/${item.id}`
    if (items.has(key)) continue
    items.set(key, item)
    made.set(index, item)
  }
  return { ...random, items: [...items.values()] }
}

interface Surroundings {
  readonly index: number
  readonly made: ReadonlyMap<number, Item>
  readonly caller: Caller
}

function buildItem(random: RandomResource, { index, made, caller }: Surroundings): Item {
  const { type } = random
  const named = random.names.flatMap((at) => made.get(at) ?? [])
  const found = named.filter((item) => item.type === 'DocumentReference')
  const owner = type === 'Binary' && random.hasOwner ? named.find(isOwner) : undefined
  // A lot is about one record: that of the documents which it names.
  const lot = type === 'List' ? found[0] : undefined
  const patients = lot?.envelope.patients ?? patientsOf(random, owner)
  const documents = lot
    ? found.filter((item) => item.envelope.patients.join() === patients.join())
    : []
  return {
    type,
    id: type === 'Patient' ? patients[0]! : `r${index}`,
    envelope: { ...envelopeOf(random, patients, owner), depositor: depositorOf(random, caller) },
    entries: entriesOf(patients, documents),
    isDeleted: random.isDeleted,
    documents,
    ...(owner ? { owner } : {}),
    random,
  }
}

function isOwner({ type }: Item): boolean {
  return type === 'DocumentReference' || type === 'List'
}

function patientsOf(random: RandomResource, owner: Item | undefined): readonly string[] {
  if (classes[random.type] !== 'patient') return []
  if (random.type === 'Patient') return [random.patients[0] ?? 'p1']
  return owner && !random.keepsPatients ? owner.envelope.patients : random.patients
}

function envelopeOf(
  random: RandomResource,
  patients: readonly string[],
  owner: Item | undefined,
): Omit<Envelope, 'depositor'> {
  const { type, labels, docType, status, isGoverned, depositedAt } = random
  const isDocument = type === 'DocumentReference'
  return {
    patients,
    authors: [],
    labels,
    depositedAt,
    status,
    ...(isDocument && docType !== undefined ? { docType } : {}),
    ...(isDocument && isGoverned ? { rules: ['dmp'] } : {}),
    ...(owner ? { owner: `${owner.type}/${owner.id}` } : {}),
  }
}

/** An identity comes from establishments' software alone (decision 33). */
function depositorOf({ type, isOwn, ...random }: RandomResource, caller: Caller): Depositor {
  const { organization, user, client } = caller
  if (type === 'Patient' && caller.kind !== 'establishment') return random.softwareDepositor
  if (!isOwn) return type === 'Patient' ? random.softwareDepositor : random.depositor
  return {
    ...(organization === undefined ? {} : { organization }),
    ...(user === undefined ? {} : { user }),
    ...(client === undefined ? {} : { client }),
  }
}

export function entriesOf(patients: readonly string[], documents: readonly Item[]): IndexEntry[] {
  return [
    ...patients.map((id): IndexEntry => ({
      kind: 'reference',
      code: 'patient',
      type: 'Patient',
      id,
    })),
    ...documents.map(({ type, id }): IndexEntry => ({ kind: 'reference', code: 'item', type, id })),
  ]
}

export interface Gate {
  readonly store: ResourceStore
  readonly session: Session
  readonly guard: GuardedStore
}

/** The gate as the server builds it, in front of a store that holds the world. */
export async function openGate({ caller, now, records, items }: World): Promise<Gate> {
  const store = createMemoryStore({ now: () => now })
  const empty = { versionId: 0 } as never
  const stored = Object.entries(records).map(([id, record]) =>
    planAccessRecord(id, empty, record, now),
  )
  await store.commit(aPlan([...stored, ...items.map((item) => aWrite(item))]))
  const deleted = items.filter(({ isDeleted }) => isDeleted)
  if (deleted.length > 0) await store.commit(aPlan(deleted.map((item) => aDelete(item))))
  const access = createAccessControl({
    registry,
    timeZone: 'Europe/Paris',
    baseUrl: 'http://localhost/fhir',
    now: () => now,
    matrix,
  })
  const guardFor = createGuard({
    store,
    access,
    resourceTypes: registry.resourceTypes,
    insMayTravel: async () => true,
    now: () => now,
  })
  return { store, session: access.session(caller, store) as Session, guard: guardFor(caller) }
}

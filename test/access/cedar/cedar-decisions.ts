/** What access.cedar decides on a world: Cedar's answers about each patient and part, joined. */
import type { Context, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs'
import { emptyAccessRecord } from '../../../src/access/access-record.ts'
import {
  callerEntities,
  recordEntity,
  reference,
  resourceEntity,
  scopeFacts,
  type Decided,
  type Letter,
} from './cedar-facts.ts'
import { askCedar, type CedarAction, type CedarAnswer } from './oracle.ts'
import { attemptOn, isSearched, namedBy } from './our-decisions.ts'
import type { Item, World } from './world.ts'

/** Told of every answer. */
export type Witness = (answer: CedarAnswer, askPermits: () => CedarAnswer) => void

interface Asked {
  readonly action: CedarAction
  readonly letter: Letter
  /** What is asked for: a Binary follows the resource that it belongs to. */
  readonly of: Pick<Item, 'type' | 'id' | 'isDeleted'>
  readonly isPart: boolean
  readonly named: readonly string[]
}

export class CedarDecisions {
  readonly #world: World
  readonly #witness: Witness
  readonly #records: ReadonlyMap<string, EntityJson>
  readonly #principal: TypeAndId
  readonly #callers: readonly EntityJson[]

  constructor(world: World, witness: Witness) {
    this.#world = world
    this.#witness = witness
    this.#records = new Map(
      Object.entries({ ...world.records, p4: emptyAccessRecord }).map(([id, record]) => [
        id,
        recordEntity(id, record, world),
      ]),
    )
    this.#callers = callerEntities(world.caller)
    this.#principal = this.#callers[0]!.uid as TypeAndId
  }

  read(item: Item): boolean {
    const decided = item.owner ?? item
    const asked = this.#asked('read', 'read', item)
    return this.#allow(asked, decided) && this.#isWhole(decided)
  }

  search(item: Item): boolean {
    const named = namedBy(item)
    const asked = { ...this.#asked('search', 'search', item), named }
    return isSearched(item, named) && this.#allow(asked, item) && this.#isWhole(item)
  }

  /** On what is stored and on what would be (decision 55). */
  write(item: Item): boolean {
    const { write, isCreate, isMask } = attemptOn(item)
    const letter = isCreate ? 'create' : write.method === 'DELETE' ? 'delete' : 'update'
    const action = isCreate ? 'create' : isMask ? 'mask' : 'change'
    const asked = this.#asked(action, letter, { ...item, id: write.id, isDeleted: false })
    const { envelope } = item
    const planned = {
      ...item,
      id: write.id,
      envelope: { ...envelope, patients: write.envelope.patients },
      isDeleted: false,
    }
    return (isCreate || this.#allow(asked, item)) && this.#allow(asked, planned)
  }

  /** Visibility alone. */
  see(item: Decided): CedarAnswer[] {
    return this.#answers(this.#asked('see', 'read', item), item)
  }

  /** A lot is seen by whoever sees all that it names; a deleted one no longer tells (decision 83). */
  #isWhole({ type, documents, isDeleted }: Item): boolean {
    if (type !== 'List') return true
    const left = documents.filter((document) => !document.isDeleted)
    return !isDeleted && left.every((document) => this.see(document).every(isAllowed))
  }

  #asked(action: CedarAction, letter: Letter, of: Asked['of'] & { readonly owner?: Item }): Asked {
    return { action, letter, of, isPart: of.owner !== undefined, named: [] }
  }

  #allow(asked: Asked, item: Decided): boolean {
    return this.#answers(asked, item).every(isAllowed)
  }

  /** One answer for each patient of the resource: all must permit (decision 82). */
  #answers(asked: Asked, item: Decided): CedarAnswer[] {
    const { patients } = item.envelope
    const about: readonly (string | undefined)[] = patients.length > 0 ? patients : [undefined]
    return about.map((patient) => this.#ask(asked, item, patient))
  }

  #ask(asked: Asked, item: Decided, patient: string | undefined): CedarAnswer {
    const record = patient === undefined ? [] : [this.#records.get(patient)!]
    const resource = resourceEntity(item, patient)
    const request = {
      principal: this.#principal,
      action: asked.action,
      resource: resource.uid as TypeAndId,
      context: this.#contextOf(asked),
      entities: [...this.#callers, ...record, resource],
    }
    const answer = askCedar(request)
    this.#witness(answer, () => askCedar(request, 'permits'))
    return answer
  }

  #contextOf({ of, letter, isPart, named }: Asked): Context {
    const { caller, now, records } = this.#world
    const scopes = (caller.scopes ?? []).filter((scope) => scope[letter])
    return {
      now,
      type: of.type,
      id: of.id,
      isPart,
      letter,
      scopes: scopes.flatMap((scope) => scopeFacts(scope, letter, of.isDeleted)),
      named: named.map(reference),
      namesClosed: named.some((id) => records[id as keyof typeof records].closed !== undefined),
      ...(caller.patient === undefined ? {} : { patient: reference(caller.patient) }),
    }
  }
}

export function isAllowed(answer: CedarAnswer): boolean {
  return answer.isAllowed
}

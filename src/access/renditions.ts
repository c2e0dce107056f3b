/**
 * Stored versions in the form that a caller may see: an unqualified INS is its depositor's (decision
 * 30), and a trace does not name what is hidden from whoever reads it (decision 12).
 */
import type { Caller } from '../auth/caller.ts'
import { isObject, type JsonObject, type JsonValue } from '../fhir/resource.ts'
import type { BlobReference } from '../json/blob-sink.ts'
import type { Clause } from '../search/search-request.ts'
import type { SeenAs } from '../store/resource-store.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { AccessSession } from './decision.ts'
import type { GuardParts, ReadPatient } from './guard-parts.ts'

export class Renditions {
  readonly #parts: GuardParts
  readonly #caller: Caller
  readonly #session: AccessSession

  constructor(parts: GuardParts, caller: Caller, session: AccessSession) {
    this.#parts = parts
    this.#caller = caller
    this.#session = session
  }

  async present(version: StoredVersion): Promise<StoredVersion> {
    const [shown] = await this.presentAll([version])
    return shown!
  }

  async presentAll(versions: readonly StoredVersion[]): Promise<readonly StoredVersion[]> {
    const isWhole = ({ type, withheld }: StoredVersion) => !withheld && type !== 'AuditEvent'
    if (versions.every(isWhole)) return versions
    const shown: StoredVersion[] = []
    // A page is most often about one patient, and its traces name the same documents.
    const readPatient = once((id: string) => this.#parts.store.read('Patient', id))
    const isHidden = once((reference: string) => this.#isHidden(reference))
    for (const version of versions) {
      if (version.withheld) shown.push(await this.#withoutInsUnlessDue(version, readPatient))
      else if (version.type === 'AuditEvent' && !this.#session.isUnrestricted)
        shown.push(await withoutHiddenEntities(version, isHidden))
      else shown.push(version)
    }
    return shown
  }

  /** How a search for what traces name looks at them; what it has found out holds for all. */
  tracesAsSeen(): SeenAs {
    const isHidden = once((reference: string) => this.#isHidden(reference))
    return (version) => withoutHiddenEntities(version, isHidden)
  }

  async #withoutInsUnlessDue(
    version: StoredVersion,
    readPatient: ReadPatient,
  ): Promise<StoredVersion> {
    const depositor = version.envelope.depositor.organization
    const isDepositor = depositor !== undefined && depositor === this.#caller.organization
    const isDue = isDepositor || (await this.#parts.insMayTravel(version, readPatient))
    return isDue ? version : withBody(version, version.withheld!.body, version.withheld!.slots)
  }

  /** What is not there any more, or never was, is not hidden. */
  async #isHidden(reference: string): Promise<boolean> {
    const [type = '', id = ''] = reference.split('/')
    const version = await this.#parts.store.read(type, id)
    return version !== undefined && !(await this.#session.isVisible(version))
  }
}

function once<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>()
  return (key) => {
    const found = known.get(key) ?? work(key)
    known.set(key, found)
    return found
  }
}

/** Who did what and when is told whole (decision 50); what it was done to, as far as it may be seen. */
async function withoutHiddenEntities(
  version: StoredVersion,
  isHidden: (reference: string) => Promise<boolean>,
): Promise<StoredVersion> {
  // Offsets of links stand only in what other systems handed in, which names what they chose to tell.
  if (version.deleted || version.slots.length > 0) return version
  const event = JSON.parse(version.body.toString('utf8')) as JsonObject
  const entities = Array.isArray(event.entity) ? event.entity : []
  const shown: JsonValue[] = []
  for (const entity of entities) {
    const reference = referenceOf(entity)
    if (reference === undefined || !(await isHidden(reference))) shown.push(entity)
  }
  if (shown.length === entities.length) return version
  const { entity: _, ...rest } = event
  const rendered = shown.length > 0 ? { ...rest, entity: shown } : rest
  return withBody(version, Buffer.from(JSON.stringify(rendered)), [])
}

const literal = /^[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/

function referenceOf(entity: JsonValue): string | undefined {
  const what = isObject(entity) ? entity.what : undefined
  const reference = isObject(what) ? what.reference : undefined
  return typeof reference === 'string' && literal.test(reference) ? reference : undefined
}

/** The same version with another rendition; getters of the original stay lazy. */
function withBody(version: StoredVersion, body: Buffer, slots: readonly number[]): StoredVersion {
  return Object.create(version, {
    body: { value: body, enumerable: true },
    slots: { value: slots, enumerable: true },
    withheld: { value: undefined, enumerable: true },
  }) as StoredVersion
}

/** Throws when the version has no content. */
export function requireBlob(version: StoredVersion): BlobReference {
  if (!version.blob) throw new Error(`${version.type}/${version.id} has no blob`)
  return version.blob
}

/** Whether a search tests what traces name: elements of which a caller may see a part only. */
export function asksForEntities(clause: Clause): boolean {
  if (clause.kind === 'and' || clause.kind === 'or') return clause.clauses.some(asksForEntities)
  if (clause.kind === 'not') return asksForEntities(clause.clause)
  return 'code' in clause && clause.code.startsWith('entity')
}

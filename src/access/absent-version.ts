/**
 * What the absence of a resource is decided on, so that its 404 takes as long as that of a resource
 * which is hidden. security.md, threat 34.
 */
import type { TypedId } from '../fhir/resource.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { Envelope, StoredVersion } from '../store/stored-version.ts'

/** No patient has this id: Patients have what the server makes or a client chose, never a dot alone. */
const nobody = '.'

const envelope: Envelope = {
  patients: [nobody],
  class: 'absent|class',
  docType: 'absent|type',
  status: 'current',
  authors: ['absent|author'],
  depositor: { organization: 'absent|organization', user: 'Practitioner/absent', client: 'absent' },
  labels: ['absent|label'],
  depositedAt: 0,
  rules: ['dmp'],
}

/** Permits nothing to anybody, as a resource of a patient whom nobody knows. */
export function absentVersion(type: string, id: string): StoredVersion {
  return {
    type,
    id,
    versionId: 1,
    lastUpdated: 0,
    sequence: 0,
    method: 'PUT',
    deleted: false,
    body: Buffer.alloc(0),
    slots: [],
    envelope,
  }
}

/**
 * What was found last, to be read in the place of what is not there. A store may have both in memory;
 * what is too large for that it reads each time, and so it does here.
 */
export class LastFound {
  #found: TypedId | undefined

  /** Not of traces, whose reading waits for the journal. */
  note({ type, id }: StoredVersion): void {
    if (type !== 'AuditEvent') this.#found = { type, id }
  }

  async read(store: Pick<ResourceStore, 'read'>): Promise<void> {
    if (this.#found) await store.read(this.#found.type, this.#found.id)
  }
}

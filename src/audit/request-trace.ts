/**
 * The traces of one request: told by the gate what was shown, refused and stored, it makes one
 * record for each entry and patient. R4 auditevent.html, decision 28.
 */
import type { Caller } from '../auth/caller.ts'
import type { CommitPlan, CommitResult, PlannedWrite } from '../store/commit-plan.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import type { IntentLedger } from './intent-ledger.ts'
import type { AuditAgent, AuditRecord } from './journal.ts'

export interface TracedRequest {
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly recorded: number
  readonly caller: Caller
}

/** What is asked for: by the whole request, or by one entry of a Bundle. */
export interface TracedEntry {
  /** `read`, `search-type`, `transaction`, `$mask`. */
  readonly interaction: string
  readonly type?: string | undefined
  readonly id?: string | undefined
  /** Already redacted. */
  readonly query?: string
  /** Patients whom the query names, when the gate tells of none. */
  readonly named?: readonly string[]
}

interface Reached {
  readonly type: string
  readonly id: string
  readonly patients: readonly string[]
}

interface Open {
  entry: TracedEntry
  readonly shown: { how: 'read' | 'search' | 'history'; version: StoredVersion }[]
  readonly refused: Reached[]
  readonly named: Set<string>
  hasWritten: boolean
}

const entitiesMax = 100

export class RequestTrace {
  readonly #request: TracedRequest
  readonly #ledger: IntentLedger
  readonly #agent: AuditAgent
  readonly #root: Open
  readonly #records: AuditRecord[] = []
  #current: Open
  #emergency: { mode: NonNullable<AuditRecord['purpose']>; reason: string } | undefined
  #part = 0
  #hasEntries = false

  constructor(request: TracedRequest, ledger: IntentLedger, entry: TracedEntry) {
    this.#request = request
    this.#ledger = ledger
    this.#agent = agentOf(request.caller)
    this.#root = openEntry(entry)
    this.#current = this.#root
  }

  /** What becomes known of the request, or of its present entry, after it was begun. */
  describe(more: Partial<TracedEntry>): void {
    this.#current.entry = { ...this.#current.entry, ...more }
  }

  /** One entry of a batch or transaction begins; what follows belongs to it until `endEntry`. */
  beginEntry(entry: TracedEntry): void {
    this.#hasEntries = true
    this.#current = openEntry(entry)
  }

  endEntry(status: number): void {
    if (this.#current === this.#root) return
    if (!this.#current.hasWritten) this.#close(this.#current, status)
    this.#current = this.#root
  }

  shown(how: 'read' | 'search' | 'history', versions: readonly StoredVersion[]): void {
    for (const version of versions) this.#current.shown.push({ how, version })
  }

  refused(type: string, id: string, patients: readonly string[]): void {
    this.#current.refused.push({ type, id, patients })
  }

  named(patients: readonly string[]): void {
    for (const patient of patients) this.#current.named.add(patient)
  }

  emergency(access: { mode: NonNullable<AuditRecord['purpose']>; reason: string }): void {
    this.#emergency = access
  }

  /** The intent of a plan; its records are the plan's final ones. */
  committing(plan: CommitPlan): {
    readonly audit: Uint8Array
    committed(result: CommitResult): void
    failed(): void
  } {
    const current = this.#current
    const pending = this.#ledger.open(this.#recordsOf(plan, current))
    return {
      audit: pending.audit,
      committed: (result) => {
        pending.committed(result)
        current.hasWritten = true
      },
      failed: () => pending.failed(),
    }
  }

  /** The records to append before answering; those of what was written are durable with it. */
  finish(status: number): readonly AuditRecord[] {
    if (this.#current !== this.#root) this.endEntry(status)
    const isTold = this.#root.hasWritten || (this.#hasEntries && status < 400)
    if (!isTold) this.#close(this.#root, status)
    return this.#records
  }

  #close({ entry, shown, refused, named }: Open, status: number): void {
    const isRefused = refused.length > 0 && status >= 400
    const outcome =
      status < 400 && !isRefused
        ? 'success'
        : isRefused || status === 401 || status === 403
          ? 'refused'
          : 'failed'
    const reached = isRefused ? refused : relevant(entry, shown)
    const deed: Deed = {
      interaction: entry.interaction,
      action: actionOf(entry),
      outcome,
      status,
      query: entry.query === '' ? undefined : entry.query,
    }
    const groups = byPatient(reached)
    if (groups.size === 0) {
      const patients = named.size > 0 ? [...named] : (entry.named ?? [])
      const names = reached.length > 0 ? reached.map(nameOf) : nameOfTarget(entry)
      for (const patient of patients.length > 0 ? patients : [undefined])
        this.#records.push(this.#record(deed, patient, names))
    }
    for (const [patient, entities] of groups)
      this.#records.push(this.#record(deed, patient, listed(entry, entities)))
  }

  #recordsOf(plan: CommitPlan, { entry, shown }: Open): AuditRecord[] {
    const reached = plan.writes.map((write) => reachedBy(write, shown))
    const isOne = entry.interaction !== 'transaction'
    const groups = isOne ? [plan.writes.map((_, index) => index)] : plan.writes.map((_, i) => [i])
    return groups.flatMap((indexes) => {
      const [first] = indexes.map((index) => plan.writes[index]!)
      if (!first) return []
      const deed = isOne ? deedOfEntry(entry, first) : deedOfWrite(first)
      const members = indexes.map((index) => reached[index]!)
      const patients = byPatient(members)
      if (patients.size === 0) return [this.#record(deed, undefined, members.map(nameOf))]
      return [...patients].map(([patient, entities]) => this.#record(deed, patient, entities))
    })
  }

  #record(
    { interaction, action, outcome, status, query }: Deed,
    patient: string | undefined,
    names: readonly string[],
  ): AuditRecord {
    const entities = names.length > 1 ? [...new Set(names)] : names
    const emergency = this.#emergency
    const isWhole = entities.length <= entitiesMax
    return {
      requestId: this.#request.requestId,
      part: this.#part++,
      recorded: this.#request.recorded,
      interaction,
      action,
      outcome,
      status,
      agent: this.#agent,
      purpose: emergency?.mode,
      reason: emergency?.reason === '' ? undefined : emergency?.reason,
      patient,
      entities: isWhole ? entities : entities.slice(0, entitiesMax),
      entitiesOmitted: isWhole ? undefined : entities.length - entitiesMax,
      query,
    }
  }
}

function openEntry(entry: TracedEntry): Open {
  return { entry, shown: [], refused: [], named: new Set(), hasWritten: false }
}

/** Without scopes and token. */
function agentOf(caller: Caller): AuditAgent {
  const { kind, user, practitioner, profession, organization, client, display } = caller
  return { kind, user, practitioner, profession, organization, client, display }
}

/** What was asked for, without what the server read to decide. */
function relevant({ interaction, type, id }: TracedEntry, shown: Open['shown']): Reached[] {
  const how = interaction.startsWith('search')
    ? 'search'
    : interaction.startsWith('history')
      ? 'history'
      : undefined
  const isRead = interaction === 'read' || interaction === 'vread'
  const reached: Reached[] = []
  for (const { how: shownBy, version } of shown) {
    if (how !== undefined && shownBy !== how) continue
    if (isRead && (version.type !== type || version.id !== id)) continue
    const { type: ofType, id: ofId, patients = version.envelope.patients } = version
    reached.push({ type: ofType, id: ofId, patients })
  }
  return reached
}

/** What a write touches is the matter of the patients it had before too (decision 55). */
function reachedBy({ type, id, envelope }: PlannedWrite, shown: Open['shown']): Reached {
  const before = shown.filter(({ version }) => version.type === type && version.id === id)
  const patients = new Set([
    ...envelope.patients,
    ...before.flatMap(({ version }) => version.envelope.patients),
  ])
  // An access record is the server's own; what the patient knows of it is their Patient.
  return type === 'AccessRecord'
    ? { type: 'Patient', id, patients: [id] }
    : { type, id, patients: [...patients] }
}

/** A look at the journal is one trace; it does not list the traces that it showed. */
function listed({ interaction }: TracedEntry, entities: readonly string[]): readonly string[] {
  if (!interaction.startsWith('search')) return entities
  return entities.filter((name) => !name.startsWith('AuditEvent/'))
}

function byPatient(reached: readonly Reached[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const one of reached) {
    for (const patient of one.patients) {
      const group = groups.get(patient)
      if (group) group.push(nameOf(one))
      else groups.set(patient, [nameOf(one)])
    }
  }
  return groups
}

function nameOf({ type, id }: { readonly type: string; readonly id: string }): string {
  return `${type}/${id}`
}

function nameOfTarget({ type, id }: TracedEntry): string[] {
  return type === undefined || id === undefined ? [] : [`${type}/${id}`]
}

const actions: Readonly<Record<string, AuditRecord['action']>> = {
  read: 'R',
  vread: 'R',
  'history-instance': 'R',
  'history-type': 'R',
  'history-system': 'R',
  create: 'C',
  update: 'U',
  patch: 'U',
  delete: 'D',
}

/** Searches, Bundles and operations are executed. R4 valueset-audit-event-action. */
function actionOf({ interaction }: TracedEntry): AuditRecord['action'] {
  return actions[interaction] ?? 'E'
}

type Deed = Pick<AuditRecord, 'interaction' | 'action' | 'outcome' | 'status' | 'query'>

function deedOfEntry({ interaction }: TracedEntry, first: PlannedWrite): Deed {
  if (!interaction.startsWith('$')) return deedOfWrite(first)
  return { interaction, action: 'E', outcome: 'success', status: 200 }
}

function deedOfWrite({ method, versionId }: PlannedWrite): Deed {
  const done = { outcome: 'success' } as const
  if (method === 'DELETE') return { ...done, interaction: 'delete', action: 'D', status: 204 }
  if (versionId === 1) {
    const interaction = method === 'POST' ? 'create' : 'update'
    return { ...done, interaction, action: 'C', status: 201 }
  }
  return { ...done, interaction: method === 'PATCH' ? 'patch' : 'update', action: 'U', status: 200 }
}

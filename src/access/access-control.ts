/** The decision point: rules, scopes and access records joined for each request. Decisions 18 to 28, 45 to 58, 82 to 84. */
import { insufficientScope } from '../auth/bearer-errors.ts'
import type { Caller } from '../auth/caller.ts'
import { Forbidden, NotAuthenticated } from '../errors.ts'
import { matchesClause, type Lookup } from '../search/matcher.ts'
import { allOf, anyOf, nothing, everything, type Clause } from '../search/search-request.ts'
import type { PlannedWrite } from '../store/commit-plan.ts'
import type { ResourceStore } from '../store/resource-store.ts'
import type { Envelope, StoredVersion } from '../store/stored-version.ts'
import { patientsWhere, readAccessRecord } from './access-records.ts'
import type { EmergencyAccess } from './access-trace.ts'
import type { AccessControl, AccessSession, Action, NamedPatients } from './decision.ts'
import { defaultHabilitationMatrix, type HabilitationMatrix } from './habilitation-matrix.ts'
import { matchIds } from './match-ids.ts'
import { exactIdentifier, feedsAnyRecord, findNamedPatients } from './named-patients.ts'
import { decide, type DecisionInput } from './patient-decision.ts'
import { relationOf, type PatientRelation } from './patient-relation.ts'
import { and, holds, isIn, not, or, patientCountIs, toClause, type Predicate } from './predicate.ts'
import { closedRecord, requireTraceRule } from './refusals.ts'
import { requireNamed } from './require-named.ts'
import { resourceClassOf, type ResourceClass } from './resource-classes.ts'
import { depositedBy } from './rules/professional-rules.ts'
import {
  coveragesOf,
  fittingScopes,
  isBoundToPatient,
  scopeClause,
  type Coverage,
  type ScopeLetter,
  type ScopeSettings,
} from './scope-checks.ts'
import { requireWriteAllowed, writeActionOf } from './write-decision.ts'

export interface AccessControlOptions extends ScopeSettings {
  /** Milliseconds since 1970; injected in tests. */
  readonly now: () => number
  readonly matrix?: HabilitationMatrix
}

export function createAccessControl(options: AccessControlOptions): AccessControl {
  return { session: (caller, store) => new Session(caller, store, options) }
}

const letters: Readonly<Record<Action, ScopeLetter>> = {
  create: 'create',
  read: 'read',
  update: 'update',
  delete: 'delete',
  search: 'search',
  history: 'read',
}

/** As many resources with one identifier are looked at; more make the condition ambiguous anyhow. */
const identifiedMax = 100

const ownedTypes: ReadonlySet<string> = new Set(['Binary', 'Bundle'])
/** A granular scope that leads elsewhere covers nothing that is not stored yet. */
const noOthers: Lookup = { find: () => undefined, all: () => [] }
const hasOwner: Predicate = { op: 'exists', field: 'owner' }

/** The facts and decisions of one request; what is read once is kept for it. */
export class Session implements AccessSession {
  readonly isUnrestricted = false
  readonly subject: string
  readonly caller: Caller
  readonly now: number
  readonly matrix: HabilitationMatrix
  readonly #store: ResourceStore
  readonly #settings: ScopeSettings
  readonly #relations = new Map<string, Promise<PatientRelation>>()
  #ownPatients: Promise<readonly string[]> | undefined
  #shutPatients: Promise<readonly string[]> | undefined

  constructor(caller: Caller, store: ResourceStore, options: AccessControlOptions) {
    this.caller = caller
    this.#store = store
    this.#settings = options
    this.now = options.now()
    this.matrix = options.matrix ?? defaultHabilitationMatrix
    this.subject = [
      caller.kind,
      caller.user,
      caller.client,
      caller.patient,
      caller.organization,
    ].join(' ')
  }

  classOf(type: string): ResourceClass {
    return resourceClassOf(type, this.#settings.registry.patientCompartment(type).length > 0)
  }

  requireType(action: Action, type: string): void {
    const { kind } = this.caller
    if (kind === 'anonymous') {
      throw new NotAuthenticated('This needs an access token', {
        headers: { 'www-authenticate': 'Bearer' },
      })
    }
    if (this.#scopesFor(action, type).length === 0) {
      throw insufficientScope(`No granted scope opens ${action} on ${type}`)
    }
    const resourceClass = this.classOf(type)
    const isWrite = action === 'create' || action === 'update' || action === 'delete'
    if (type === 'AuditEvent') requireTraceRule(action, kind)
    const isRefused =
      (resourceClass === 'operator' && kind !== 'operator') ||
      (resourceClass === 'directory' && isWrite && kind !== 'operator') ||
      (resourceClass === 'patient' &&
        kind === 'operator' &&
        !(type === 'Patient' && action === 'create'))
    if (isRefused) throw new Forbidden(`This caller may not ${action} ${type} resources`)
  }

  #scopesFor(action: Action, type: string) {
    return fittingScopes(this.caller, letters[action], type)
  }

  relation(patientId: string): Promise<PatientRelation> {
    const known = this.#relations.get(patientId)
    if (known) return known
    const made = readAccessRecord(this.#store, patientId).then(({ record }) =>
      relationOf(this.caller, patientId, record, this.now),
    )
    this.#relations.set(patientId, made)
    return made
  }

  /** The caller's own patients: the citizen, whom they represent, or the patient in context. */
  ownPatients(): Promise<readonly string[]> {
    this.#ownPatients ??= this.#findOwnPatients()
    return this.#ownPatients
  }

  async #findOwnPatients(): Promise<readonly string[]> {
    const { person, patient, kind } = this.caller
    if (kind === 'app') return patient === undefined ? [] : [patient]
    if (person === undefined) return []
    return [...new Set([person, ...(await patientsWhere(this.#store, 'representative', person))])]
  }

  namedPatients(types: readonly string[], where: Clause): Promise<NamedPatients> {
    const codesOf = (type: string) => [
      'patient',
      'subject',
      ...this.#settings.registry.patientCompartment(type),
    ]
    return findNamedPatients(this.#store, { types, where, codesOf })
  }

  async identifiedPatients(type: string, where: Clause): Promise<NamedPatients> {
    const clause = exactIdentifier(where)
    if (!clause || type === 'Patient' || this.classOf(type) !== 'patient') return undefined
    if (!feedsAnyRecord(this.caller)) return undefined
    const { ids } = await matchIds(this.#store, { type, where: clause, max: identifiedMax })
    const patients = new Set<string>()
    for (const id of ids) {
      const version = await this.#store.read(type, id)
      if (!version) continue
      const relations = version.envelope.patients.map((patient) => this.relation(patient))
      this.#refuseClosed(version, await Promise.all(relations))
      for (const patient of version.envelope.patients) patients.add(patient)
    }
    return this.caller.kind === 'professional' ? [...patients] : undefined
  }

  requireNamed(
    types: readonly string[],
    named: NamedPatients,
    where: Clause = everything,
  ): Promise<void> {
    const hasDeposited = (patientId: string) => this.#hasDeposited(patientId)
    return requireNamed(this, hasDeposited, { types, named, where })
  }

  /** Whether the caller or their organisation deposited a document of the patient. */
  async #hasDeposited(patientId: string): Promise<boolean> {
    const where = toClause(and(isIn('patients', [patientId]), depositedBy(this.caller)))
    const { ids } = await matchIds(this.#store, { type: 'DocumentReference', where, max: 1 })
    return ids.length > 0
  }

  async emergencyOf(patientId: string): Promise<EmergencyAccess | undefined> {
    if (this.caller.kind !== 'professional') return undefined
    const relation = await this.relation(patientId)
    const { emergency: mode, emergencyReason: reason = '' } = relation
    const isOpen = relation.isAuthorized || relation.isTreatingPhysician
    return mode === undefined || isOpen ? undefined : { mode, reason }
  }

  async restriction(type: string, named: NamedPatients): Promise<Clause> {
    const covered: Clause[] = []
    for (const { scopes, isBound } of coveragesOf(this.#scopesFor('search', type))) {
      const granular = scopeClause(scopes, type, this.#settings, this.now)
      covered.push(allOf([await this.#classRestriction(type, named, isBound), granular]))
    }
    return anyOf(covered)
  }

  async #classRestriction(type: string, named: NamedPatients, isBound: boolean): Promise<Clause> {
    const resourceClass = this.classOf(type)
    if (resourceClass === 'directory') return everything
    if (resourceClass === 'operator') return this.caller.kind === 'operator' ? everything : nothing
    if (this.caller.kind === 'operator') return nothing
    const visible = await this.#visible(type, named, isBound)
    // What belongs to a document is reached through it alone, and decided on its owner (decision 52).
    const clause = toClause(ownedTypes.has(type) ? and(visible, not(hasOwner)) : visible)
    return type === 'List' && clause.kind !== 'none'
      ? allOf([clause, await this.#wholeLots(named, isBound)])
      : clause
  }

  /** A SubmissionSet or Folder shows only when every document that it names does (decision 83). */
  async #wholeLots(named: NamedPatients, isBound: boolean): Promise<Clause> {
    const visible = await this.#visible('DocumentReference', named, isBound)
    const inner = toClause(not(visible))
    return inner.kind === 'none'
      ? everything
      : { kind: 'not', clause: { kind: 'chain', code: 'item', type: 'DocumentReference', inner } }
  }

  async #visible(type: string, named: NamedPatients, isBound: boolean): Promise<Predicate> {
    const { caller } = this
    if (caller.kind === 'establishment') return this.#visibleToEstablishment(type, named)
    const own = caller.kind === 'professional' ? (named ?? []) : await this.ownPatients()
    const ids = isBound ? own.filter((id) => id === caller.patient) : own
    const relations = await Promise.all(ids.map((id) => this.relation(id)))
    return decide(this.input('consult', type, relations))
  }

  /** Decision 84: what the organisation deposited; a Patient that the search names exactly (TD0.2). */
  async #visibleToEstablishment(type: string, named: NamedPatients): Promise<Predicate> {
    const ofFew = or(...[0, 1, 2].map(patientCountIs))
    const own = and(depositedBy(this.caller), ofFew, not(isIn('patients', await this.#shut())))
    return type === 'Patient' && named ? or(depositedBy(this.caller), isIn('id', named)) : own
  }

  /** Patients who blocked the organisation, or closed their record. */
  #shut(): Promise<readonly string[]> {
    this.#shutPatients ??= (async () => {
      const { organization } = this.caller
      const blocking =
        organization === undefined ? [] : await patientsWhere(this.#store, 'blocked', organization)
      return [...new Set([...blocking, ...(await patientsWhere(this.#store, 'closed', 'true'))])]
    })()
    return this.#shutPatients
  }

  input(
    action: DecisionInput['action'],
    type: string,
    relations: readonly PatientRelation[],
  ): DecisionInput {
    return { caller: this.caller, action, type, relations, now: this.now, matrix: this.matrix }
  }

  async mayConsult(version: StoredVersion): Promise<boolean> {
    for (const { scopes, isBound } of coveragesOf(this.#scopesFor('read', version.type))) {
      if ((await this.#isOpen(version, isBound)) && (await this.#fitsScopes(version, scopes)))
        return true
    }
    return false
  }

  async mayName(patientId: string): Promise<boolean> {
    return feedsAnyRecord(this.caller) || (await this.ownPatients()).includes(patientId)
  }

  isVisible(version: StoredVersion): Promise<boolean> {
    return this.#isOpen(version, isBoundToPatient(this.caller.scopes ?? []))
  }

  visible(type: string, named: NamedPatients): Promise<Clause> {
    return this.#classRestriction(type, named, isBoundToPatient(this.caller.scopes ?? []))
  }

  async #isOpen(version: StoredVersion, isBound: boolean): Promise<boolean> {
    const { type, id, envelope } = version
    const resourceClass = this.classOf(type)
    if (resourceClass === 'directory') return this.caller.kind !== 'anonymous'
    if (resourceClass === 'operator' || this.caller.kind === 'operator')
      return resourceClass === 'operator' && this.caller.kind === 'operator'
    if (envelope.owner !== undefined) return this.#mayConsultOwner(envelope.owner, isBound)
    if (isBound && !this.#isInContext(envelope)) return false
    const relations = await Promise.all(envelope.patients.map((patient) => this.relation(patient)))
    const isVisible =
      holds(decide(this.input('consult', type, relations)), envelope, id) ||
      (await this.#mayFeedPatient(version))
    if (!isVisible) this.#refuseClosed(version, relations)
    return isVisible && (type !== 'List' || (await this.#isWholeLot(version)))
  }

  /** `patient/` scopes reach the record in context only. */
  #isInContext({ patients }: Envelope): boolean {
    return patients.every((patient) => patient === this.caller.patient)
  }

  /** Closure is no secret to whoever could read the record were it open: 403 (decision 27). */
  #refuseClosed(
    { type, id, envelope }: StoredVersion,
    relations: readonly PatientRelation[],
  ): void {
    if (!relations.some(({ isClosed }) => isClosed)) return
    const opened = relations.map((relation) => ({ ...relation, isClosed: false }))
    if (holds(decide(this.input('consult', type, opened)), envelope, id)) throw closedRecord()
  }

  /** A Binary follows the resource that it was created with, as that one stands now (decision 52). */
  async #mayConsultOwner(owner: string, isBound: boolean): Promise<boolean> {
    const separator = owner.indexOf('/')
    const version = await this.#store.read(owner.slice(0, separator), owner.slice(separator + 1))
    return (
      version !== undefined &&
      version.envelope.owner === undefined &&
      (!isBound || this.#isInContext(version.envelope)) &&
      (await this.#isVisibleOwner(version))
    )
  }

  /** Visibility alone: the scope was asked of the Binary. */
  async #isVisibleOwner(version: StoredVersion): Promise<boolean> {
    const { type, id, envelope } = version
    const relations = await Promise.all(envelope.patients.map((patient) => this.relation(patient)))
    const isVisible = holds(decide(this.input('consult', type, relations)), envelope, id)
    if (!isVisible) this.#refuseClosed(version, relations)
    return isVisible && (type !== 'List' || (await this.#isWholeLot(version)))
  }

  /** An establishment reads the Patient of a record that it feeds (decision 84). */
  async #mayFeedPatient({ type, id }: StoredVersion): Promise<boolean> {
    return (
      this.caller.kind === 'establishment' && type === 'Patient' && (await this.#hasDeposited(id))
    )
  }

  async #fitsScopes(
    { type, id }: StoredVersion,
    scopes: ReturnType<typeof fittingScopes>,
  ): Promise<boolean> {
    const granular = scopeClause(scopes, type, this.#settings, this.now)
    return granular.kind === 'all' || this.#matchesNow(type, id, granular)
  }

  async #isWholeLot({ type, id, envelope }: StoredVersion): Promise<boolean> {
    return this.#matchesNow(type, id, await this.#wholeLots(envelope.patients, false))
  }

  async #matchesNow(type: string, id: string, clause: Clause): Promise<boolean> {
    if (clause.kind === 'all') return true
    const where = allOf([{ kind: 'id', ids: [id] }, clause])
    const { ids } = await matchIds(this.#store, { type, where, max: 1 })
    return ids.length > 0
  }

  async requireWrite(
    write: PlannedWrite,
    stored: StoredVersion | undefined,
    isImplied: boolean,
  ): Promise<void> {
    await this.#requireWriteScope(write, stored, isImplied)
    await requireWriteAllowed(this, write, stored)
  }

  /** Scopes bear on what is stored and on what would be. */
  async #requireWriteScope(
    write: PlannedWrite,
    stored: StoredVersion | undefined,
    isImplied: boolean,
  ): Promise<void> {
    const { type } = write
    const action = writeActionOf(write, stored)
    if (!isImplied) this.requireType(action, type)
    const scopes = isImplied ? (this.caller.scopes ?? []) : this.#scopesFor(action, type)
    for (const coverage of coveragesOf(scopes)) {
      if (coverage.isBound && !this.#isWrittenInContext(write, stored)) continue
      if (isImplied || (await this.#fitsWrite(coverage, write, stored))) return
    }
    throw insufficientScope(`The granted scopes do not cover this ${type}`)
  }

  #isWrittenInContext(write: PlannedWrite, stored: StoredVersion | undefined): boolean {
    const isStoredIn = !stored || stored.deleted || this.#isInContext(stored.envelope)
    return isStoredIn && this.#isInContext(write.envelope)
  }

  async #fitsWrite(
    { scopes }: Coverage,
    { method, type, id, entries, envelope }: PlannedWrite,
    stored: StoredVersion | undefined,
  ): Promise<boolean> {
    const granular = scopeClause(scopes, type, this.#settings, this.now)
    if (granular.kind === 'all') return true
    const planned = { type, id, lastUpdated: this.now, entries, envelope }
    return (
      (!stored || stored.deleted || (await this.#matchesNow(type, id, granular))) &&
      (method === 'DELETE' || matchesClause(granular, planned, noOthers))
    )
  }
}

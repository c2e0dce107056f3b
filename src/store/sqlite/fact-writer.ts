/** Facts about versions, compartments of patients, and which date parameters are the clinical date. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { timeMin } from '../../fhir/date-time.ts'
import type { Envelope } from '../stored-version.ts'
import type { GrowingDictionary } from './dictionary.ts'
import type { PeriodRow } from './index-rows.ts'
import { endless } from './schema.ts'

export interface VersionPlace {
  readonly rid: number
  readonly typeId: number
  readonly versionId: number
  readonly sequence: number
  readonly time: number
}

export interface ResourceState {
  readonly envelope: Envelope
  readonly sort: number
  /** Deleted, or written not to be found. */
  readonly deleted: boolean
}

/** `param.clinical`: whether its dates are each resource's clinical date, as far as was seen. */
const clinicalStates = { unseen: 0, yes: 1, no: 2 } as const

interface DatedType {
  /** A resource of the type once had a clinical date. */
  dated: boolean
  readonly params: Map<number, number>
}

export class FactWriter {
  readonly #dictionary: GrowingDictionary
  readonly #types = new Map<number, DatedType>()
  readonly #end: StatementSync
  readonly #add: StatementSync
  readonly #endPlace: StatementSync
  readonly #addPlace: StatementSync
  readonly #findDated: StatementSync
  readonly #findParams: StatementSync
  readonly #setDated: StatementSync
  readonly #setClinical: StatementSync

  constructor(db: DatabaseSync, dictionary: GrowingDictionary) {
    this.#dictionary = dictionary
    this.#end = db.prepare(
      `UPDATE fact SET ended = ? WHERE type = ? AND rid = ? AND ended = ${endless}`,
    )
    this.#add = db.prepare(
      `INSERT INTO fact(rid, ended, version, since, type, deleted, sort, time, class, doc_type,
        status, confidentiality, organization, user, client, deposited, patients, owner, labels,
        authors, params) VALUES (?, ${endless}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#endPlace = db.prepare(
      `UPDATE compartment SET ended = ? WHERE patient = ? AND type = ? AND deleted = ?
        AND sort = ? AND rid = ? AND ended = 0`,
    )
    this.#addPlace = db.prepare(
      `INSERT OR IGNORE INTO compartment(patient, type, deleted, sort, rid, since, ended, class,
        doc_type, status, confidentiality) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)`,
    )
    this.#findDated = db.prepare('SELECT dated FROM type WHERE id = ?')
    this.#findParams = db.prepare('SELECT id, clinical FROM param WHERE type = ? AND clinical > 0')
    this.#setDated = db.prepare('UPDATE type SET dated = 1 WHERE id = ?')
    this.#setClinical = db.prepare('UPDATE param SET clinical = ? WHERE id = ?')
  }

  /** After a rollback. */
  forget(): void {
    this.#types.clear()
  }

  /** Ends the newest version; the next must be added with the same sequence. */
  end({ typeId, rid, sequence }: VersionPlace): void {
    this.#end.run(sequence, typeId, rid)
  }

  add(
    { rid, typeId, versionId, sequence, time }: VersionPlace,
    { envelope, sort, deleted }: ResourceState,
    params: readonly number[],
  ): void {
    const { depositor } = envelope
    this.#add.run(
      rid,
      versionId,
      sequence,
      typeId,
      deleted ? 1 : 0,
      sort,
      time,
      this.#word(envelope.class),
      this.#word(envelope.docType),
      this.#word(envelope.status),
      this.#word(envelope.confidentiality),
      this.#word(depositor.organization),
      this.#word(depositor.user),
      this.#word(depositor.client),
      envelope.depositedAt,
      envelope.patients.length,
      envelope.owner ?? '',
      this.#wordList(envelope.labels),
      this.#wordList(envelope.authors),
      numberList(params),
    )
  }

  #word(text: string | undefined): number {
    return text === undefined ? 0 : this.#dictionary.ensureWord(text)
  }

  #wordList(texts: readonly string[]): string {
    return numberList(texts.map((text) => this.#dictionary.ensureWord(text)))
  }

  /** Ends and adds the compartment rows that differ between two states of a resource. */
  moveInCompartments(
    version: VersionPlace,
    state: ResourceState,
    previous: ResourceState | undefined,
    patientId: (id: string) => number,
  ): void {
    const isSame = previous !== undefined && placeKey(previous) === placeKey(state)
    const before = new Set(previous?.envelope.patients)
    const now = new Set(state.envelope.patients)
    if (previous) {
      for (const patient of before) {
        if (isSame && now.has(patient)) continue
        const { sort, deleted } = previous
        const key = [version.typeId, deleted ? 1 : 0, sort, version.rid]
        this.#endPlace.run(version.sequence, patientId(patient), ...key)
      }
    }
    for (const patient of now) {
      if (isSame && before.has(patient)) continue
      this.#addCompartmentRow(patientId(patient), version, state)
    }
  }

  #addCompartmentRow(
    patient: number,
    { typeId, rid, sequence }: VersionPlace,
    { envelope, sort, deleted }: ResourceState,
  ): void {
    this.#addPlace.run(
      patient,
      typeId,
      deleted ? 1 : 0,
      sort,
      rid,
      sequence,
      this.#word(envelope.class),
      this.#word(envelope.docType),
      this.#word(envelope.status),
      this.#word(envelope.confidentiality),
    )
  }

  /**
   * Notes which date parameters of the type always hold the clinical date and nothing else: those
   * may be sorted by the `sort` column. One resource that differs settles it for good.
   */
  checkClinical(typeId: number, sort: number, periods: readonly PeriodRow[]): void {
    const type = this.#datedType(typeId)
    for (const { param } of periods) {
      if (type.params.has(param)) continue
      this.#mark(type, param, type.dated ? clinicalStates.no : clinicalStates.yes)
    }
    for (const [param, clinical] of type.params) {
      if (clinical !== clinicalStates.yes) continue
      const own = periods.filter((row) => row.param === param)
      const isClinical =
        own.length === 0 ? sort === 0 : own.every(({ from }) => from - timeMin + 1 === sort)
      if (!isClinical) this.#mark(type, param, clinicalStates.no)
    }
    if (sort !== 0 && !type.dated) {
      this.#setDated.run(typeId)
      type.dated = true
    }
  }

  #datedType(typeId: number): DatedType {
    let type = this.#types.get(typeId)
    if (!type) {
      const rows = this.#findParams.all(typeId)
      type = {
        dated: this.#findDated.get(typeId)?.dated === 1,
        params: new Map(rows.map(({ id, clinical }) => [Number(id), Number(clinical)])),
      }
      this.#types.set(typeId, type)
    }
    return type
  }

  #mark(type: DatedType, param: number, clinical: number): void {
    type.params.set(param, clinical)
    this.#setClinical.run(clinical, param)
  }
}

/** Numbers as a text that `instr` can search: `,3,17,`. */
function numberList(numbers: readonly number[]): string {
  return numbers.length === 0 ? '' : `,${numbers.join(',')},`
}

function placeKey({ envelope, sort, deleted }: ResourceState): string {
  const { class: kind, docType, status, confidentiality } = envelope
  return JSON.stringify([deleted, sort, kind, docType, status, confidentiality])
}

/**
 * Small numbers for resource types, search parameters and words (systems, statuses, units...).
 * A number never changes once committed, so what was found may be remembered.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

const wordsRememberedMax = 50_000
const absentWordsMax = 10_000

export class Dictionary {
  readonly #types = new Map<string, number>()
  readonly #typeNames = new Map<number, string>()
  readonly #params = new Map<string, number>()
  readonly #words = new Map<string, number>()
  readonly #wordTexts = new Map<number, string>()
  readonly #absentWords = new Set<string>()
  #absentAt: number | undefined
  readonly #findType: StatementSync
  readonly #findTypeName: StatementSync
  readonly #findParam: StatementSync
  readonly #findWord: StatementSync
  readonly #findWordText: StatementSync
  readonly #allTypes: StatementSync
  readonly #isClinical: StatementSync

  constructor(db: DatabaseSync) {
    this.#findType = db.prepare('SELECT id FROM type WHERE name = ?')
    this.#findTypeName = db.prepare('SELECT name FROM type WHERE id = ?')
    this.#findParam = db.prepare('SELECT id FROM param WHERE type = ? AND code = ?')
    this.#findWord = db.prepare('SELECT id FROM word WHERE text = ?')
    this.#findWordText = db.prepare('SELECT text FROM word WHERE id = ?')
    this.#allTypes = db.prepare('SELECT id FROM type')
    this.#isClinical = db.prepare('SELECT clinical FROM param WHERE id = ?')
  }

  /** 0 when nothing of the type was ever mentioned; so for parameters and words. */
  typeId(name: string): number {
    return this.#types.get(name) ?? this.#remember(this.#types, name, this.#findType.get(name))
  }

  typeName(id: number): string {
    let name = this.#typeNames.get(id)
    if (name === undefined) {
      name = String(this.#findTypeName.get(id)?.name ?? '')
      this.#typeNames.set(id, name)
    }
    return name
  }

  allTypeIds(): number[] {
    return this.#allTypes.all().map(({ id }) => Number(id))
  }

  paramId(typeId: number, code: string): number {
    const key = `${typeId}|${code}`
    return (
      this.#params.get(key) ?? this.#remember(this.#params, key, this.#findParam.get(typeId, code))
    )
  }

  /** Whether a date parameter may be sorted by the `sort` column; never remembered. */
  isClinical(paramId: number): boolean {
    return this.#isClinical.get(paramId)?.clinical === 1
  }

  wordId(text: string): number {
    const known = this.#words.get(text)
    if (known !== undefined) return known
    if (this.#absentWords.has(text)) return 0
    const id = this.#remember(this.#words, text, this.#findWord.get(text))
    if (id === 0 && this.#absentAt !== undefined) this.#absentWords.add(text)
    return id
  }

  /** A reader's: what is looked up next is so as of this commit. Words not found stay so until another. */
  lookAt(sequence: number): void {
    if (sequence === this.#absentAt && this.#absentWords.size < absentWordsMax) return
    this.#absentAt = sequence
    this.#absentWords.clear()
  }

  wordText(id: number): string {
    let text = this.#wordTexts.get(id)
    if (text === undefined) {
      text = String(this.#findWordText.get(id)?.text ?? '')
      if (this.#wordTexts.size > wordsRememberedMax) this.#wordTexts.clear()
      this.#wordTexts.set(id, text)
    }
    return text
  }

  /** After a rollback: what the lost transaction numbered is not so any more. */
  forget(): void {
    for (const known of [this.#types, this.#params, this.#words]) known.clear()
    this.#typeNames.clear()
    this.#wordTexts.clear()
  }

  #remember(
    known: Map<string, number>,
    key: string,
    row: Record<string, unknown> | undefined,
  ): number {
    if (!row) return 0
    const id = Number(row.id)
    if (known.size > wordsRememberedMax) known.clear()
    known.set(key, id)
    return id
  }
}

/** The writer's: numbers what has none yet. */
export class GrowingDictionary extends Dictionary {
  readonly #addType: StatementSync
  readonly #addParam: StatementSync
  readonly #addWord: StatementSync

  constructor(db: DatabaseSync) {
    super(db)
    this.#addType = db.prepare('INSERT INTO type(name) VALUES (?)')
    this.#addParam = db.prepare('INSERT INTO param(type, code) VALUES (?, ?)')
    this.#addWord = db.prepare('INSERT INTO word(text) VALUES (?)')
  }

  ensureType(name: string): number {
    return this.typeId(name) || Number(this.#addType.run(name).lastInsertRowid)
  }

  ensureParam(typeId: number, code: string): number {
    return this.paramId(typeId, code) || Number(this.#addParam.run(typeId, code).lastInsertRowid)
  }

  ensureWord(text: string): number {
    return this.wordId(text) || Number(this.#addWord.run(text).lastInsertRowid)
  }
}

/** Index entries back from a kept pack: for sorting, composites and includes. */
import type { IndexEntry } from '../../search/index-entry.ts'
import { ByteReader } from './bytes.ts'
import type { Dictionary } from './dictionary.ts'
import type { PackHead, StoredTarget } from './entry-pack.ts'
import { flags, readStoredHead, rowKinds } from './entry-pack.ts'

/** The entries under one parameter, in their order; `exact` of a plain string is not kept. */
export function unpackEntries(
  pack: Uint8Array,
  { paramId, code }: { readonly paramId: number; readonly code: string },
  dictionary: Dictionary,
): IndexEntry[] {
  const reader = new ByteReader(pack)
  const head = readStoredHead(reader)
  const place = head.codes.indexOf(paramId)
  if (place < 0) return []
  const entries: IndexEntry[] = []
  const unpacker: Unpacker = { reader, head, dictionary }
  const count = reader.varint()
  for (let index = 0; index < count; index++) {
    const kind = reader.byte()
    const isWanted = reader.varint() === place
    const entry = unpackRow(kind, code, unpacker, false)
    if (isWanted) entries.push(entry)
  }
  return entries
}

export interface PackedReference {
  readonly paramId: number
  readonly target: StoredTarget
  readonly versionId: string | undefined
}

/** The references to resources of this server, in the order of the entries. */
export function unpackReferences(pack: Uint8Array, dictionary: Dictionary): PackedReference[] {
  const reader = new ByteReader(pack)
  const head = readStoredHead(reader)
  if (head.targets.length === 0) return []
  const references: PackedReference[] = []
  const count = reader.varint()
  for (let index = 0; index < count; index++) {
    const kind = reader.byte()
    const paramId = head.codes[reader.varint()]!
    const target = kind === rowKinds.reference ? peekTarget(reader, head) : undefined
    const entry = unpackRow(kind, '', { reader, head, dictionary }, false)
    if (target && entry.kind === 'reference')
      references.push({ paramId, target, versionId: entry.versionId })
  }
  return references
}

function peekTarget(reader: ByteReader, head: PackHead<StoredTarget>): StoredTarget {
  const { position } = reader
  reader.byte()
  const target = head.targets[reader.varint()]!
  reader.position = position
  return target
}

interface Unpacker {
  readonly reader: ByteReader
  readonly head: PackHead<StoredTarget>
  readonly dictionary: Dictionary
}

function unpackRow(
  kind: number,
  code: string,
  unpacker: Unpacker,
  isComponent: boolean,
): IndexEntry {
  const { reader } = unpacker
  switch (kind) {
    case rowKinds.token:
      return unpackToken(code, unpacker)
    case rowKinds.uri:
      return { kind: 'uri', code, value: readHashed(reader) }
    case rowKinds.reference:
      return unpackReference(code, unpacker)
    case rowKinds.url: {
      const hasVersion = reader.byte() & flags.first
      const url = readHashed(reader)
      return {
        kind: 'reference',
        code,
        url,
        ...(hasVersion ? { urlVersion: readWord(unpacker) } : {}),
      }
    }
    case rowKinds.string: {
      const folded = readHashed(reader)
      return { kind: 'string', code, folded, exact: isComponent ? reader.text() : '' }
    }
    case rowKinds.date:
      return { kind: 'date', code, low: reader.double(), high: reader.double() }
    case rowKinds.number:
      return { kind: 'number', code, low: reader.double(), high: reader.double() }
    case rowKinds.quantity:
      return unpackQuantity(code, unpacker)
    default:
      return { kind: 'composite', code, components: unpackComponents(code, unpacker) }
  }
}

function unpackToken(code: string, unpacker: Unpacker): IndexEntry {
  const { reader } = unpacker
  const has = reader.byte()
  const system = has & flags.first ? readWord(unpacker) : undefined
  const value = has & flags.second ? readHashed(reader) : undefined
  return {
    kind: 'token',
    code,
    ...(system === undefined ? {} : { system }),
    ...(value === undefined ? {} : { value }),
    ...(has & flags.third ? { systemImplied: true } : {}),
  }
}

function unpackReference(code: string, unpacker: Unpacker): IndexEntry {
  const { reader, head, dictionary } = unpacker
  const hasVersion = reader.byte() & flags.first
  const { typeId, id } = head.targets[reader.varint()]!
  const type = dictionary.typeName(typeId)
  return {
    kind: 'reference',
    code,
    ...(type === '' ? {} : { type }),
    id,
    ...(hasVersion ? { versionId: readWord(unpacker) } : {}),
  }
}

function unpackQuantity(code: string, unpacker: Unpacker): IndexEntry {
  const { reader } = unpacker
  const low = reader.double()
  const high = reader.double()
  const has = reader.byte()
  const system = has & flags.first ? readWord(unpacker) : undefined
  const unitCode = has & flags.second ? readWord(unpacker) : undefined
  const unit = has & flags.third ? readWord(unpacker) : undefined
  return {
    kind: 'quantity',
    code,
    low,
    high,
    ...(system === undefined ? {} : { system }),
    ...(unitCode === undefined ? {} : { unitCode }),
    ...(unit === undefined ? {} : { unit }),
  }
}

function unpackComponents(code: string, unpacker: Unpacker): IndexEntry[][] {
  const { reader } = unpacker
  const components: IndexEntry[][] = []
  const count = reader.varint()
  for (let component = 0; component < count; component++) {
    const alternatives: IndexEntry[] = []
    const size = reader.varint()
    for (let index = 0; index < size; index++)
      alternatives.push(unpackRow(reader.byte(), code, unpacker, true))
    components.push(alternatives)
  }
  return components
}

function readHashed(reader: ByteReader): string {
  reader.position += 8
  return reader.text()
}

function readWord({ reader, head, dictionary }: Unpacker): string {
  return dictionary.wordText(head.words[reader.varint()]!)
}

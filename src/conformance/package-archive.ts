/**
 * Reads one FHIR package, a folder or a .tgz, into an archive. A package comes from outside: only
 * regular JSON files directly below `package/` are read, within bounds, and nothing is unpacked.
 */
import { createReadStream } from 'node:fs'
import { readFile, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Parser, type ReadEntry } from 'tar'
import { isObject, isResource, type JsonObject } from '../fhir/resource.ts'
import {
  createArchiveBuilder,
  type ArchiveIndex,
  type CompiledArchive,
} from './definition-archive.ts'

export interface PackageLimits {
  readonly fileBytesMax: number
  readonly totalBytesMax: number
  readonly filesMax: number
}

export const packageLimits: PackageLimits = {
  fileBytesMax: 50 * 1024 ** 2,
  totalBytesMax: 2 * 1024 ** 3,
  filesMax: 200_000,
}

/** Every refusal names the package's path and, where there is one, the file in it. */
export class PackageError extends Error {
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`FHIR package ${path}: ${problem}`, options)
    this.name = 'PackageError'
  }
}

type Head = Omit<ArchiveIndex, 'entries'>

/** Takes the files of one package one by one. */
function createCollector(path: string) {
  const builder = createArchiveBuilder()
  const warnings: string[] = []
  let manifest: JsonObject | undefined
  return {
    warnings,
    add(name: string, content: Buffer): void {
      try {
        const json: unknown = JSON.parse(content.toString('utf8'))
        if (name === 'package.json') manifest = isObject(json) ? json : undefined
        else if (isResource(json)) builder.add(json)
      } catch (cause) {
        throw new PackageError(path, `${name} is no readable JSON: ${messageOf(cause)}`, { cause })
      }
    },
    finish(fallback?: Head['package']): CompiledArchive {
      return builder.build({ ...readManifest(path, manifest, fallback), warnings })
    },
  }
}

function readManifest(
  path: string,
  manifest: JsonObject | undefined,
  fallback: Head['package'] | undefined,
): Omit<Head, 'warnings'> {
  const { name, version, dependencies } = manifest ?? {}
  const reference = isText(name) && isText(version) ? { name, version } : fallback
  if (!reference) throw new PackageError(path, 'has no package.json with a name and a version')
  const fhirVersions = manifest?.fhirVersions ?? manifest?.['fhir-version-list']
  if (Array.isArray(fhirVersions) && !fhirVersions.some((each) => /^4\.0(\.|$)/.test(String(each))))
    throw new PackageError(path, `is for FHIR ${fhirVersions.join()}, not for R4 (4.0.1)`)
  const listed = isObject(dependencies) ? Object.entries(dependencies) : []
  return {
    package: reference,
    dependencies: Object.fromEntries(listed.map(([key, value]) => [key, String(value)])),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

type Collector = ReturnType<typeof createCollector>

/** Reads a package folder; without package.json its name must be `<package>-<version>`. */
export async function readPackageFolder(
  path: string,
  limits = packageLimits,
): Promise<CompiledArchive> {
  const collector = createCollector(path)
  const folder = await packageFolder(path)
  let total = 0
  for (const file of await jsonFiles(folder)) {
    const { size } = await stat(join(folder, file))
    total += size
    if (size > limits.fileBytesMax) throw tooLarge(path, file)
    if (total > limits.totalBytesMax) throw new PackageError(path, 'is too large')
    collector.add(file, await readFile(join(folder, file)))
  }
  const [, name, version] = /^([a-z][\w.-]*?)-(\d[\w.-]*)$/.exec(basename(path)) ?? []
  return collector.finish(name && version ? { name, version } : undefined)
}

/** An unpacked .tgz keeps its files in `package/`. */
async function packageFolder(path: string): Promise<string> {
  const inner = join(path, 'package')
  const isInner = await stat(inner).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  return isInner ? inner : path
}

async function jsonFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && isPackageFile(entry.name))
    .map(({ name }) => name)
    .toSorted()
}

function isPackageFile(name: string): boolean {
  return name.endsWith('.json') && !name.startsWith('.')
}

/** Changes when a file of the folder does. */
export async function fingerprintFolder(path: string): Promise<string> {
  const folder = await packageFolder(path)
  const lines = []
  for (const file of await jsonFiles(folder)) {
    const { size, mtimeMs } = await stat(join(folder, file))
    lines.push(`${file}:${size}:${mtimeMs}`)
  }
  return lines.join()
}

/** Reads a .tgz as a stream; a broken or oversized archive is refused. */
export async function readPackageArchive(
  path: string,
  limits = packageLimits,
): Promise<CompiledArchive> {
  const collector = createCollector(path)
  const reader = createTarReader(path, collector, limits)
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) reader.write(chunk)
        reader.end()
      },
    )
  } catch (cause) {
    if (cause instanceof PackageError) throw cause
    throw new PackageError(path, `is no readable .tgz: ${messageOf(cause)}`, { cause })
  }
  return collector.finish()
}

function createTarReader(path: string, collector: Collector, limits: PackageLimits) {
  // Strict: what does not look like an archive is an error, not a warning.
  const parser = new Parser({ strict: true })
  let [total, files] = [0, 0]
  let failure: unknown
  const fail = (error: unknown) => (failure ??= error)
  const throwFailure = () => {
    if (failure !== undefined) throw failure
  }
  parser.on('error', fail)
  parser.on('entry', (entry: ReadEntry) => {
    if (++files > limits.filesMax) fail(new PackageError(path, 'holds too many files'))
    if (entry.size > limits.fileBytesMax) fail(tooLarge(path, entry.path))
    const name = failure === undefined ? wantedName(entry, collector.warnings) : undefined
    if (name === undefined) entry.resume()
    else collectEntry(entry, (content) => collector.add(name, content), fail)
  })
  return {
    write(chunk: Buffer): void {
      total += chunk.length
      if (total > limits.totalBytesMax) throw new PackageError(path, 'is too large when unpacked')
      parser.write(chunk)
      throwFailure()
    },
    end(): void {
      parser.end()
      throwFailure()
    },
  }
}

/** The name of a file to read; undefined for all else. A path or link that leads out is reported. */
function wantedName(entry: ReadEntry, warnings: string[]): string | undefined {
  const isPlain = /^(?:Old|Contiguous)?File$/.test(entry.type)
  const isSuspect = entry.path.startsWith('/') || entry.path.split('/').includes('..')
  if (isSuspect || !(isPlain || entry.type === 'Directory')) {
    warnings.push(`${entry.path} (${entry.type}) is passed over`)
    return undefined
  }
  const name = /^(?:\.\/)?package\/([^/]+)$/.exec(entry.path)?.[1]
  return isPlain && name !== undefined && isPackageFile(name) ? name : undefined
}

function collectEntry(
  entry: ReadEntry,
  done: (content: Buffer) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = []
  entry.on('data', (chunk: Buffer) => chunks.push(chunk))
  entry.on('end', () => {
    try {
      done(Buffer.concat(chunks))
    } catch (error) {
      fail(error)
    }
  })
}

function tooLarge(path: string, file: string): PackageError {
  return new PackageError(path, `${file} is too large`)
}

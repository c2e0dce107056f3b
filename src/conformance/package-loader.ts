/**
 * Loads FHIR packages from folders and .tgz files through the cache. A path may also name a folder
 * of packages, such as `profiles/`. Dependencies that are not there are reported, never fetched.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { corePackage } from './core-definitions.ts'
import type { CompiledArchive, DefinitionArchive } from './definition-archive.ts'
import { findCached, keepCached, type CacheOptions } from './definitions-cache.ts'
import {
  fingerprintFolder,
  PackageError,
  readPackageArchive,
  readPackageFolder,
} from './package-archive.ts'

export interface LoadedPackages {
  /** In the order of the paths. */
  readonly archives: readonly DefinitionArchive[]
  /** Sentences for the log: absent dependencies, files and packages passed over. */
  readonly warnings: readonly string[]
}

/** Throws `PackageError` for a path that is no package, and for a broken or hostile one. */
export async function loadPackages(
  paths: readonly string[],
  options: CacheOptions = {},
): Promise<LoadedPackages> {
  const archives = new Map<string, DefinitionArchive>()
  const warnings: string[] = []
  for (const path of (await Promise.all(paths.map(findPackages))).flat()) {
    const archive = await loadPackage(path, options)
    const { name, version } = archive.package
    const key = `${name}#${version}`
    warnings.push(...archive.warnings.map((warning) => `${key}: ${warning}`))
    if (name === corePackage.name) warnings.push(`${path} is passed over: ${name} is built in`)
    else if (archives.has(key)) warnings.push(`${path} is passed over: ${key} is loaded already`)
    else archives.set(key, archive)
  }
  return { archives: [...archives.values()], warnings }
}

/** A sentence for each dependency of the archives that none of them, or of the others, meets. */
export function missingDependencies(
  archives: readonly DefinitionArchive[],
  others: readonly DefinitionArchive[] = [],
): string[] {
  const names = [...archives, ...others].map(
    ({ package: { name, version } }) => `${name}#${version}`,
  )
  const isLoaded = (name: string, version: string) =>
    name === corePackage.name ||
    names.some((known) =>
      version.endsWith('.x')
        ? known.startsWith(`${name}#${version.slice(0, -1)}`)
        : known === `${name}#${version}`,
    )
  return archives.flatMap(({ package: { name, version }, dependencies }) =>
    Object.entries(dependencies)
      .filter(([dependency, wanted]) => !isLoaded(dependency, wanted))
      .map(
        ([dependency, wanted]) => `${name}#${version} needs ${dependency}#${wanted}: not loaded`,
      ),
  )
}

/** The path itself when it is a package; else the packages directly below it. */
async function findPackages(path: string): Promise<string[]> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new PackageError(path, 'is not there', { cause })
  })
  if (!stats.isDirectory()) return [path]
  const entries = await readdir(path, { withFileTypes: true })
  if (entries.some(({ name }) => name === 'package' || name.endsWith('.json'))) return [path]
  return entries
    .filter((entry) => entry.isDirectory() || (entry.isFile() && /\.t(ar\.)?gz$/.test(entry.name)))
    .filter(({ name }) => !name.startsWith('.'))
    .map(({ name }) => join(path, name))
    .toSorted()
}

async function loadPackage(path: string, { cacheDir }: CacheOptions): Promise<DefinitionArchive> {
  const isFolder = (await stat(path)).isDirectory()
  const fingerprint = isFolder ? await fingerprintFolder(path) : await hashFile(path)
  const slot = { cacheDir, name: slotName(path), fingerprint }
  const cached = findCached(slot)
  if (cached) return cached
  const compile: (path: string) => Promise<CompiledArchive> = isFolder
    ? readPackageFolder
    : readPackageArchive
  return keepCached(slot, await compile(path))
}

/** The path's hash keeps apart two packages whose files have one name. */
function slotName(path: string): string {
  const hash = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 8)
  return `${basename(path).replaceAll(/[^\w.-]/g, '_')}-${hash}`
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

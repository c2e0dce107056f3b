/**
 * Adds to package-lock.json the packages of other platforms that a registry did not have when the
 * lock was made: npm leaves them out, and then `npm ci` refuses the lock. See --help.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const HELP = 'complete-lock [FILE]   after `npm install`: completes package-lock.json'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface Lock {
  packages: Record<string, LockedPackage & Record<string, unknown>>
}

/** The packages that some locked package may use and the lock lacks: name to exact version. */
export function missingPackages({ packages }: Lock): ReadonlyMap<string, AddedPackage> {
  const missing = new Map<string, AddedPackage>()
  for (const [path, { optionalDependencies = {}, dev, devOptional }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const isLocked =
        `node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages
      const platform = platformOf(name)
      if (isLocked || !platform || !/^\d+\.\d+\.\d+$/.test(version)) continue
      const use = dev ? { dev } : devOptional ? { devOptional } : {}
      missing.set(name, { version, ...platform, ...use, optional: true })
    }
  }
  return missing
}

interface AddedPackage extends Platform {
  readonly version: string
  readonly optional: true
}

interface Platform {
  readonly cpu: readonly string[]
  readonly os: readonly string[]
  readonly libc?: readonly string[]
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']

/** What `@oxlint/binding-linux-arm64-musl` runs on. */
function platformOf(name: string): Platform | undefined {
  const [, os, cpu, rest = ''] = /-([a-z]+\d*)-([a-z]+\d*|s390x)(?:-([a-z]+))?$/.exec(name) ?? []
  if (os === undefined || cpu === undefined || !systems.includes(os)) return undefined
  const libc = rest.startsWith('musl') ? ['musl'] : rest === 'gnu' ? ['glibc'] : undefined
  return { cpu: [cpu], os: [os], ...(libc ? { libc } : {}) }
}

if (import.meta.main) {
  const [file = 'package-lock.json'] = process.argv.slice(2)
  if (file === '--help') console.log(HELP)
  else {
    const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
    const missing = missingPackages(lock)
    for (const [name, entry] of missing) lock.packages[`node_modules/${name}`] = { ...entry }
    const [root, ...others] = Object.entries(lock.packages)
    const sorted = others.toSorted(([a], [b]) => a.localeCompare(b, 'en'))
    lock.packages = Object.fromEntries([root!, ...sorted])
    writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`)
    console.log(`${missing.size} packages of other platforms added to ${file}`)
  }
}

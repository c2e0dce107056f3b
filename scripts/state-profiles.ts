/**
 * Writes profiles/ and terminologies/ from the statements in scripts/profiles/: one folder per
 * package and version, one plain JSON file per resource. See --help.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { frCorePackage } from './profiles/fr-core.ts'
import { mhdPackage } from './profiles/mhd.ts'
import { hl7ExtensionsPackage, nosPackage } from './profiles/nos.ts'
import type { Json, JsonObject, Package } from './profiles/notation.ts'
import { pdsmPackage } from './profiles/pdsm.ts'

const HELP = `node scripts/state-profiles.ts           writes profiles/ and terminologies/
node scripts/state-profiles.ts --check   says which committed files differ from their statement`

const FOLDERS: Readonly<Record<string, readonly Package[]>> = {
  profiles: [frCorePackage, mhdPackage, pdsmPackage, hl7ExtensionsPackage],
  terminologies: [nosPackage],
}

/** The content of every file by its path, as the statements give it. */
export function stateFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const [folder, packages] of Object.entries(FOLDERS)) {
    for (const stated of packages) {
      const home = join(folder, `${stated.name}-${stated.version}`)
      files.set(join(home, 'package.json'), print(manifest(stated)))
      files.set(join(home, 'README.md'), `# ${stated.title}\n\n${stated.readme}`)
      for (const resource of stated.resources) {
        const name = `${resource.resourceType}-${resource.id}.json`
        if (files.has(join(home, name))) throw new Error(`${name} is stated twice`)
        files.set(join(home, name), print(resource))
      }
    }
  }
  return files
}

function manifest({ name, version, title, canonical, dependencies }: Package): JsonObject {
  return {
    name,
    version,
    title,
    canonical,
    url: canonical,
    fhirVersions: ['4.0.1'],
    dependencies: { ...dependencies },
    license: 'Apache-2.0',
  }
}

const WIDTH = 100

/** JSON with what fits on a line on one line, as the formatter leaves it. */
function print(value: Json): string {
  return `${printAt(value, 0, 0)}\n`
}

function printAt(value: Json, indent: number, used: number): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  const flat = flatten(value)
  const isTop = indent === 0
  if (!isTop && !breaks(value) && used + flat.length < WIDTH) return flat
  const inner = ' '.repeat(indent + 2)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  const lines = Array.isArray(value)
    ? value.map((item) => inner + printAt(item, indent + 2, indent + 2))
    : Object.entries(value).map(([key, item]) => {
        const head = `${inner}${JSON.stringify(key)}: `
        return head + printAt(item, indent + 2, head.length)
      })
  return `${open}\n${lines.join(',\n')}\n${' '.repeat(indent)}${close}`
}

/** The formatter never joins a list of several objects or lists into one line. */
function breaks(value: Json): boolean {
  if (typeof value !== 'object') return false
  if (!Array.isArray(value)) return Object.values(value).some(breaks)
  const isStructure = (item: Json) => typeof item === 'object' && Object.keys(item).length > 1
  return (value.length > 1 && value.every(isStructure)) || value.some(breaks)
}

function flatten(value: Json): string {
  if (typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(flatten).join(', ')}]`
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${flatten(item)}`,
  )
  return members.length > 0 ? `{ ${members.join(', ')} }` : '{}'
}

/** Paths whose committed content does not say what the statements say, or is not stated at all. */
export function differingFiles(): string[] {
  const stated = stateFiles()
  const isSame = (path: string, text: string) =>
    existsSync(path) &&
    (path.endsWith('.json')
      ? isDeepStrictEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(text))
      : readFileSync(path, 'utf8') === text)
  return [
    ...[...stated].filter(([path, text]) => !isSame(path, text)).map(([path]) => path),
    ...homes(stated).flatMap((home) =>
      (existsSync(home) ? readdirSync(home) : [])
        .map((name) => join(home, name))
        .filter((path) => !stated.has(path)),
    ),
  ]
}

function homes(files: ReadonlyMap<string, string>): string[] {
  return [...new Set([...files.keys()].map((path) => join(path, '..')))]
}

function main(): void {
  const { values } = parseArgs({
    options: { help: { type: 'boolean' }, check: { type: 'boolean' } },
  })
  if (values.help) {
    console.log(HELP)
    return
  }
  if (values.check) {
    const differing = differingFiles()
    for (const path of differing) console.log(`${path} differs from its statement`)
    if (differing.length > 0) process.exitCode = 1
    return
  }
  const files = stateFiles()
  for (const home of homes(files)) {
    rmSync(home, { recursive: true, force: true })
    mkdirSync(home, { recursive: true })
  }
  for (const [path, text] of files) writeFileSync(path, text)
  const { status } = spawnSync('npx', ['oxfmt', ...Object.keys(FOLDERS)], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
  console.log(`${files.size} files`)
}

if (import.meta.main) main()

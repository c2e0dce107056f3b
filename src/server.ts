/** The composition root: creates every part and hands each what it needs. */
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import pino, { type Logger } from 'pino'
import { createAccessControl } from './access/access-control.ts'
import { openAccess } from './access/decision.ts'
import { createGuard, type GuardFor } from './access/guarded-store.ts'
import type { AuthorizationServer } from './auth/authorization-server.ts'
import { openCaller, type Caller } from './auth/caller.ts'
import type { AuditJournal } from './audit/journal.ts'
import { openAudit, type Audit } from './audit/open-audit.ts'
import type { Config } from './config.ts'
import { createRegistry } from './conformance/create-registry.ts'
import type { DefinitionArchive } from './conformance/definition-archive.ts'
import { loadCoreDefinitions } from './conformance/definitions-cache.ts'
import { loadPackages, missingDependencies } from './conformance/package-loader.ts'
import type { Registry } from './conformance/registry.ts'
import { demoOptions, demoPeople } from './demo/demo-data.ts'
import { createHttpServer } from './http/create-http-server.ts'
import type { ExamplePatient } from './http/pages/home-page.ts'
import type { RuleGroup } from './http/pages/rules-page.ts'
import type { HttpLog } from './http/server-parts.ts'
import type { Services } from './interactions/context.ts'
import { createStoredDefinitions } from './interactions/stored-definitions.ts'
import { requestRuleTexts } from './fhir/request-rule-texts.ts'
import { dmpRuleTexts } from './national/dmp/dmp-rule-texts.ts'
import { insRuleTexts } from './national/ins/ins-rule-texts.ts'
import { insMayTravel } from './national/ins/ins-rules.ts'
import { createIndexExtractor } from './search/index-entries.ts'
import { createMemoryStore } from './store/memory/memory-store.ts'
import { accessRecordType } from './store/stored-version.ts'
import type { ResourceStore } from './store/resource-store.ts'
import { openSqliteStore } from './store/sqlite/open-sqlite-store.ts'
import { createServices } from './create-services.ts'
import { findPeople, openAuthorization } from './open-authorization.ts'
import { collectInvariantTexts } from './validation/invariant-texts.ts'
import { validationRuleTexts } from './validation/rule-texts.ts'

export interface Server {
  readonly app: FastifyInstance
  readonly config: Config
  readonly services: Services
  readonly guardFor: GuardFor
  readonly store: ResourceStore
  readonly audit: Audit
  readonly log: Logger
  /** Absent with AUTH=open. */
  readonly authorization: AuthorizationServer | undefined
  /** Whether a named operation ever changed the patient's access record. */
  hasAccessRecord(patientId: string): Promise<boolean>
  /** Demonstration data is being loaded: not ready yet, and this is why. */
  setBusy(reason: string | undefined): void
  /** Finishes what was accepted, then lets go of the data. */
  close(): Promise<void>
}

export interface Surroundings {
  readonly now?: () => number
  /** Takes the place of the store that STORE_URL names; for tests. */
  readonly store?: ResourceStore
  /** Takes the place of the journal beside the store; for tests. */
  readonly journal?: AuditJournal
  /** `none`: plain FHIR, without national rules and validation; for tests of the core. */
  readonly rules?: 'none'
  /** Says who is calling, with the access rules in force; for tests of the rules. */
  readonly authenticate?: (headers: IncomingHttpHeaders) => Caller
}

export const version = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
).version

export async function buildServer(
  config: Config,
  surroundings: Surroundings = {},
): Promise<Server> {
  const now = surroundings.now ?? Date.now
  const log = pino({ level: config.logLevel }, pino.destination({ sync: false }))
  // Before the data is opened: a catalogue that cannot be used leaves nothing behind.
  const people = findPeople(config)
  const archives = await loadArchives(config, log)
  const registry = createRegistry(archives)
  const store = surroundings.store ?? (await openStore(config, now))
  const audit = await openAuditOf(config, { surroundings, store, registry, now, log })
  const guardFor = createGuardOf(config, { surroundings, audit, registry, now })
  const definitions = createStoredDefinitions(registry)
  await definitions.load(store)
  const services = createServices(config, {
    registry,
    store,
    definitions,
    people,
    now,
    isPlain: surroundings.rules === 'none',
    version,
    discovery: () => authorization?.server.smartConfiguration,
  })
  const authorization = await openAuthorization(config, {
    people,
    store,
    registry,
    appOf: () => app,
    onFailure: (error) => log.error(describe(error), 'authorization failed'),
    now,
  })
  let busy: string | undefined
  const app = await createHttpServer({
    services,
    guardFor,
    authenticate:
      surroundings.authenticate ?? authorization?.server.authenticate ?? (() => openCaller),
    authorization: authorization?.server,
    audit,
    health: () => (busy === undefined ? healthOf(store, audit) : { ready: false, reason: busy }),
    bodyBytesMax: config.bodyBytesMax,
    corsOrigins: config.corsOrigins,
    slowRequestMs: 1000,
    log: createHttpLog(log, 1000),
    version,
    ruleGroups: createRuleGroups(archives),
    examplePatient: config.demoData ? findExamplePatient() : undefined,
  })
  return {
    app,
    config,
    services,
    guardFor,
    store,
    audit,
    log,
    authorization: authorization?.server,
    hasAccessRecord: async (patientId) =>
      (await store.read(accessRecordType, patientId)) !== undefined,
    setBusy: (reason) => {
      busy = reason
    },
    close: () => closeParts({ app, authorization, audit, store, log }),
  }
}

interface GuardSurroundings {
  readonly surroundings: Surroundings
  readonly audit: { readonly store: ResourceStore }
  readonly registry: Registry
  readonly now: () => number
}

async function closeParts({
  app,
  authorization,
  audit,
  store,
  log,
}: Pick<Server, 'app' | 'audit' | 'store' | 'log'> & {
  readonly authorization: { close(): void } | undefined
}): Promise<void> {
  await closeApp(app)
  authorization?.close()
  await audit.close()
  await store.close()
  log.flush()
}

/** The one gate to the data; wide open only with AUTH=open and nobody to tell callers apart. */
function createGuardOf(
  { auth, timeZone, baseUrl }: Config,
  { surroundings, audit, registry, now }: GuardSurroundings,
): GuardFor {
  const access =
    auth === 'open' && !surroundings.authenticate
      ? openAccess
      : createAccessControl({ registry, timeZone, baseUrl, now })
  return createGuard({
    store: audit.store,
    access,
    now,
    resourceTypes: registry.resourceTypes,
    insMayTravel,
  })
}

/** Requests that have begun are answered; a connection kept alive after its answer holds nobody up. */
async function closeApp(app: FastifyInstance): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50)
  try {
    await app.close()
  } finally {
    clearInterval(sweep)
  }
}

/** R4 core, our own profiles and terminologies, and the packages that FHIR_PACKAGES names. */
async function loadArchives(config: Config, log: Logger): Promise<Archives> {
  const own = await loadPackages([pathOf('profiles'), pathOf('terminologies')], { cacheDir })
  const official = await loadPackages(config.fhirPackages, { cacheDir })
  for (const warning of [...own.warnings, ...official.warnings])
    log.warn({ warning }, 'package warning')
  for (const dependency of missingDependencies(official.archives, own.archives))
    log.warn(
      { dependency },
      'a package lacks a dependency: what names its profiles is checked less',
    )
  return {
    core: loadCoreDefinitions({ cacheDir }),
    packages: official.archives,
    ownPackages: own.archives,
  }
}

interface Archives {
  readonly core: DefinitionArchive
  readonly packages: readonly DefinitionArchive[]
  readonly ownPackages: readonly DefinitionArchive[]
}

/** Every rule key by origin, for the pages of rules; invariants are gathered at the first visit. */
function createRuleGroups(archives: Archives): () => Promise<readonly RuleGroup[]> {
  const ours: readonly RuleGroup[] = [
    { title: { fr: 'Documents du DMP', en: 'Documents of the DMP' }, texts: dmpRuleTexts },
    { title: { fr: 'Identités et INS', en: 'Identities and INS' }, texts: insRuleTexts },
    { title: { fr: 'Requêtes', en: 'Requests' }, texts: requestRuleTexts },
    { title: { fr: 'Structure et codes', en: 'Structure and codes' }, texts: validationRuleTexts },
  ]
  let all: Promise<readonly RuleGroup[]> | undefined
  return () =>
    (all ??= collectInvariantTexts([
      archives.core,
      ...archives.ownPackages,
      ...archives.packages,
    ]).then((texts) => [
      ...ours,
      { title: { fr: 'Invariants des définitions', en: 'Invariants of definitions' }, texts },
    ]))
}

function findExamplePatient(): ExamplePatient {
  const [patient] = demoPeople({ ...demoOptions, patientCount: 1 }).patients
  const { id, displayName: name, ins } = patient!
  return { id, name, ins }
}

/** Of a folder of the project. */
function pathOf(name: string): string {
  return fileURLToPath(new URL(`../${name}`, import.meta.url))
}

/** Compiled definitions; made again when packages or code change. */
const cacheDir = pathOf('.cache')

interface AuditSurroundings {
  readonly surroundings: Surroundings
  readonly store: ResourceStore
  readonly registry: Registry
  readonly now: () => number
  readonly log: Logger
}

/** The journal lies beside the resources; a store that a test brings has one in memory. */
function openAuditOf(
  { storeUrl, timeZone, baseUrl }: Config,
  { surroundings, store, registry, now, log }: AuditSurroundings,
): Promise<Audit> {
  const isKept = storeUrl.startsWith('sqlite:') && !surroundings.store
  return openAudit({
    store,
    folder: isKept ? `${storeUrl.slice('sqlite:'.length)}/audit` : undefined,
    journal: surroundings.journal,
    extract: createIndexExtractor({ registry, timeZone, baseUrl }),
    baseUrl,
    now,
    log,
  })
}

function healthOf(store: ResourceStore, { journal }: Audit): ReturnType<ResourceStore['health']> {
  const { ready, reason = 'traces cannot be written' } = journal.health()
  return ready ? store.health() : { ready, reason }
}

function openStore(config: Config, now: () => number): Promise<ResourceStore> | ResourceStore {
  if (config.storeUrl.startsWith('memory:')) return createMemoryStore({ now })
  return openSqliteStore({
    folder: config.storeUrl.slice('sqlite:'.length),
    now,
    pagingWindowMs: config.pagingWindowMs,
  })
}

function createHttpLog(log: Logger, slowRequestMs: number): HttpLog {
  return {
    request: (entry) => {
      // Whoever asks whether the server is ready may hear that it is not.
      const isFailure = entry.status >= 500 && entry.route !== '/health/ready'
      if (isFailure) log.error(entry, 'answered with an error')
      else if (entry.milliseconds > slowRequestMs) log.warn(entry, 'slow request')
      else log.debug(entry, 'answered')
    },
    failure: ({ error, ...entry }) => log.error({ ...entry, ...describe(error) }, 'request failed'),
  }
}

/** The class, code and stack of a failure. A message may hold content, so it is left out. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { errorName: typeof error }
  const stack = error.stack
    ?.split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 12)
  return { errorName: error.name, errorCode: (error as NodeJS.ErrnoException).code, stack }
}

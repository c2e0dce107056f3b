/** The composition root's part for interactions: definitions, rules, validation, what is promised. */
import { auditEventRules } from './audit/audit-event-rules.ts'
import { createRestSecurity } from './auth/rest-security.ts'
import type { Config } from './config.ts'
import { createCapabilityStatement } from './conformance/capability-statement.ts'
import type { Registry } from './conformance/registry.ts'
import type { JsonObject } from './fhir/resource.ts'
import { servedInteractions } from './http/served-interactions.ts'
import type { NationalRules, Services } from './interactions/context.ts'
import { createIdMaker } from './interactions/ids.ts'
import type { StoredDefinitions } from './interactions/stored-definitions.ts'
import { dmpDefaultEntries } from './national/dmp/default-entries.ts'
import { dmpRelaxations } from './national/dmp/dmp-relaxations.ts'
import { createDmpRules } from './national/dmp/dmp-rules.ts'
import { isStoredSubmissionSet } from './national/dmp/document-parts.ts'
import { insRelaxations } from './national/ins/ins-relaxations.ts'
import { createInsRules } from './national/ins/ins-rules.ts'
import { applicationsOf, type People } from './open-authorization.ts'
import { createIndexExtractor } from './search/index-entries.ts'
import type { ResourceStore } from './store/resource-store.ts'
import { createTerminology } from './terminology/terminology.ts'
import { createValidator } from './validation/create-validator.ts'
import { createInvariantCompiler } from './validation/fhirpath-invariants.ts'
import type { Validator } from './validation/validator.ts'

interface ServiceParts {
  readonly registry: Registry
  readonly store: ResourceStore
  readonly now: () => number
  readonly definitions: StoredDefinitions
  readonly people: People | undefined
  /** Without national rules and validation. */
  readonly isPlain: boolean
  readonly version: string
  /** Asked for once the server is open. */
  readonly discovery: () => JsonObject | undefined
}

/** What interactions are given beside the store. */
export function createServices(
  config: Config,
  { registry, store, definitions, people, now, isPlain, version, discovery }: ServiceParts,
): Services {
  const ids = createIdMaker(store.secret('ids'), now)
  const { baseUrl, timeZone } = config
  return {
    registry,
    extract: createIndexExtractor({
      registry,
      timeZone,
      baseUrl,
      ...(isPlain ? {} : { defaultEntries: dmpDefaultEntries }),
    }),
    definitions,
    validator: isPlain ? noValidator : createFhirValidator(registry),
    rules: [auditEventRules, ...(isPlain ? [] : createNationalRules(config))],
    makeId: (patientId) => (patientId === undefined ? ids.own() : ids.of(patientId)),
    pagingKey: store.secret('paging'),
    now,
    baseUrl,
    timeZone,
    validation: config.validation,
    checksReferencesOnWrite: config.referentialIntegrity.includes('write'),
    checksReferencesOnDelete: config.referentialIntegrity.includes('delete'),
    limits: {
      documentBytesMax: config.documentBytesMax,
      pageSize: config.pageSize,
      pageSizeMax: config.pageSizeMax,
      includesMax: config.includesMax,
      bundleEntriesMax: config.bundleEntriesMax,
      searchTimeoutMs: config.searchTimeoutMs,
    },
    applications: applicationsOf(people),
    capabilities: createCapabilities(registry, {
      baseUrl,
      date: new Date(now()).toISOString(),
      version,
      security: () => createRestSecurity(discovery()),
    }),
  }
}

interface CapabilityFacts {
  readonly baseUrl: string
  readonly date: string
  readonly version: string
  readonly security: () => JsonObject
}

/** The CapabilityStatement, made again only when what is loaded changes. */
function createCapabilities(
  registry: Registry,
  { baseUrl, date, version, security }: CapabilityFacts,
): () => JsonObject {
  let epoch = -1
  let statement: JsonObject = {}
  return () => {
    if (registry.epoch !== epoch) {
      epoch = registry.epoch
      statement = createCapabilityStatement({
        registry,
        routes: { ...servedInteractions, security: security() },
        baseUrl,
        version,
        date,
      })
    }
    return statement
  }
}

function createNationalRules({ auth, insKey, registryKeys }: Config): readonly NationalRules[] {
  return [
    createDmpRules({ isStoredSubmissionSet }),
    createInsRules({ insKey, registryKeys, refusesTestIns: auth === 'smart' }),
  ]
}

function createFhirValidator(registry: Registry): Validator {
  const terminology = createTerminology(registry)
  return createValidator({
    registry,
    terminology,
    compileInvariant: createInvariantCompiler({ registry, terminology }),
    relaxations: { ...dmpRelaxations, ...insRelaxations },
  })
}

const noValidator: Validator = { validate: () => [] }

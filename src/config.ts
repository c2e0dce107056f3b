/** All settings: one schema, read once from the environment at start. docs/configuration.md. */

export interface Config {
  readonly port: number
  readonly host: string
  /** Without a trailing slash; `http://<host>:<port>/fhir` when not given. */
  readonly baseUrl: string
  readonly storeUrl: string
  readonly auth: 'open' | 'sandbox' | 'smart'
  /** AUTH=smart: a file with the private keys that sign id_tokens, as a JSON Web Key Set. */
  readonly authKeys: string
  /** AUTH=smart: a file with the catalogue of applications and software. */
  readonly authClients: string
  readonly demoData: boolean
  readonly fhirPackages: readonly string[]
  readonly validation: 'strict' | 'lenient'
  readonly insKey: 'error' | 'warning'
  readonly registryKeys: 'error' | 'warning'
  readonly referentialIntegrity: readonly ('write' | 'delete')[]
  readonly timeZone: string
  readonly logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug'
  readonly httpThreads: number
  readonly bodyBytesMax: number
  readonly documentBytesMax: number
  readonly pageSize: number
  readonly pageSizeMax: number
  readonly includesMax: number
  readonly bundleEntriesMax: number
  readonly searchTimeoutMs: number
  readonly pagingWindowMs: number
  /** None: those of the registered applications; any with AUTH=open. */
  readonly corsOrigins: readonly string[]
}

interface Setting<T> {
  readonly name: string
  readonly default: string
  /** Gives the value, or throws an Error whose message completes "NAME ...". */
  readonly parse: (text: string) => T
}

type Settings = { readonly [K in keyof Config]: Setting<Config[K]> }

/** Every variable that the server reads; `test/config.test.ts` holds the documentation to it. */
export const settings: Settings = {
  port: { name: 'PORT', default: '8080', parse: wholeNumber(0, 65_535) },
  host: { name: 'HOST', default: '127.0.0.1', parse: (text) => text },
  baseUrl: { name: 'BASE_URL', default: '', parse: httpUrl },
  storeUrl: { name: 'STORE_URL', default: 'sqlite:./data', parse: storeUrl },
  auth: { name: 'AUTH', default: 'sandbox', parse: oneOf('open', 'sandbox', 'smart') },
  authKeys: { name: 'AUTH_KEYS', default: '', parse: (text) => text },
  authClients: { name: 'AUTH_CLIENTS', default: '', parse: (text) => text },
  demoData: {
    name: 'DEMO_DATA',
    default: 'on',
    parse: (text) => oneOf('on', 'off')(text) === 'on',
  },
  fhirPackages: { name: 'FHIR_PACKAGES', default: '', parse: list },
  validation: { name: 'VALIDATION', default: 'strict', parse: oneOf('strict', 'lenient') },
  insKey: { name: 'INS_KEY', default: 'error', parse: oneOf('error', 'warning') },
  registryKeys: { name: 'REGISTRY_KEYS', default: 'warning', parse: oneOf('error', 'warning') },
  referentialIntegrity: {
    name: 'REFERENTIAL_INTEGRITY',
    default: '',
    parse: (text) => list(text).map(oneOf('write', 'delete')),
  },
  timeZone: { name: 'TIME_ZONE', default: 'Europe/Paris', parse: timeZone },
  logLevel: {
    name: 'LOG_LEVEL',
    default: 'info',
    parse: oneOf('silent', 'error', 'warn', 'info', 'debug'),
  },
  httpThreads: { name: 'HTTP_THREADS', default: '1', parse: wholeNumber(1, 1) },
  bodyBytesMax: { name: 'BODY_BYTES_MAX', default: '209715200', parse: wholeNumber(1024, 2 ** 31) },
  documentBytesMax: {
    name: 'DOCUMENT_BYTES_MAX',
    default: '52428800',
    parse: wholeNumber(1024, 2 ** 31),
  },
  pageSize: { name: 'PAGE_SIZE', default: '20', parse: wholeNumber(1, 1000) },
  pageSizeMax: { name: 'PAGE_SIZE_MAX', default: '1000', parse: wholeNumber(1, 10_000) },
  includesMax: { name: 'INCLUDES_MAX', default: '1000', parse: wholeNumber(1, 100_000) },
  bundleEntriesMax: {
    name: 'BUNDLE_ENTRIES_MAX',
    default: '10000',
    parse: wholeNumber(1, 1_000_000),
  },
  searchTimeoutMs: { name: 'SEARCH_TIMEOUT_MS', default: '10000', parse: wholeNumber(10, 600_000) },
  pagingWindowMs: {
    name: 'PAGING_WINDOW_MS',
    default: '3600000',
    parse: wholeNumber(1000, 2 ** 31),
  },
  corsOrigins: { name: 'CORS_ORIGINS', default: '', parse: list },
}

/** Thrown with every problem at once, one sentence each. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((line) => `- ${line}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Reads and freezes the configuration. Throws ConfigError naming every problem. */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(settings)) {
    const text = env[setting.name]?.trim() || setting.default
    try {
      values[key] = setting.parse(text)
    } catch (error) {
      problems.push(`${setting.name} ${(error as Error).message} (it is "${text}")`)
    }
  }
  const config = values as unknown as { -readonly [K in keyof Config]: Config[K] }
  if (problems.length === 0)
    problems.push(
      ...findContradictions(config, env.AUTH?.trim() !== undefined && env.AUTH.trim() !== ''),
    )
  if (problems.length > 0) throw new ConfigError(problems)
  if (config.baseUrl === '') config.baseUrl = `http://localhost:${config.port}/fhir`
  return Object.freeze(config)
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

function findContradictions(config: Config, isAuthGiven: boolean): string[] {
  const problems: string[] = []
  if (!isAuthGiven && !loopback.has(config.host)) {
    problems.push(
      `HOST=${config.host} can be reached from elsewhere, so AUTH must be said: AUTH=sandbox to try, AUTH=smart for production`,
    )
  }
  if (config.auth === 'open' && !loopback.has(config.host)) {
    problems.push(
      `AUTH=open lets everybody in, so HOST must be a loopback address such as 127.0.0.1 (it is "${config.host}")`,
    )
  }
  if (config.auth === 'smart') problems.push(...findProductionProblems(config))
  if (config.pageSize > config.pageSizeMax) problems.push('PAGE_SIZE is larger than PAGE_SIZE_MAX')
  return problems
}

/** What AUTH=smart, which is production, asks for and refuses. */
function findProductionProblems(config: Config): string[] {
  const problems: string[] = []
  const needed = { AUTH_KEYS: config.authKeys, AUTH_CLIENTS: config.authClients }
  for (const [name, value] of Object.entries(needed)) {
    if (value === '') problems.push(`AUTH=smart needs ${name}, the name of a file`)
  }
  if (config.demoData) problems.push('AUTH=smart is production: it needs DEMO_DATA=off')
  if (config.baseUrl === '') problems.push('AUTH=smart needs BASE_URL')
  else {
    const { protocol, hostname } = new URL(config.baseUrl)
    if (protocol !== 'https:' && !loopback.has(hostname)) {
      problems.push('AUTH=smart needs a BASE_URL that begins with https:')
    }
  }
  return problems
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new Error(
        min === max ? `can only be ${min} for now` : `must be a whole number from ${min} to ${max}`,
      )
    }
    return value
  }
}

function oneOf<const T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => {
    if (!values.includes(text as T)) throw new Error(`must be one of: ${values.join(', ')}`)
    return text as T
  }
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function httpUrl(text: string): string {
  if (text === '') return ''
  if (!/^https?:\/\/[^\s?#]+$/.test(text)) throw new Error('must be an absolute http(s) URL')
  return text.replace(/\/+$/, '')
}

function storeUrl(text: string): string {
  if (!/^(sqlite:.+|memory:)$/.test(text)) throw new Error('must be sqlite:<folder> or memory:')
  return text
}

function timeZone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    throw new Error('must be a time zone of the IANA database, such as Europe/Paris')
  }
}

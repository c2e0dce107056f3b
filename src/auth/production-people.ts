/** AUTH=smart: keys and catalogue as the operator gives them, in files. Nothing of the sandbox. */
import { readFileSync } from 'node:fs'
import type { JWK } from 'jose'
import type { ProductionPeople } from './authorization-server.ts'
import type { ClientRegistration } from './registrations.ts'
import { findKeyProblems, sandboxKeyPrefix } from './signing-keys.ts'

/** Throws an Error that names every problem, with the setting that it belongs to. */
export function readProductionPeople(files: {
  readonly keysFile: string
  readonly clientsFile: string
}): ProductionPeople {
  const problems: string[] = []
  const keys = readJson(files.keysFile, 'AUTH_KEYS', problems) as { keys?: JWK[] } | undefined
  const clients = readJson(files.clientsFile, 'AUTH_CLIENTS', problems)
  if (keys) {
    if (Array.isArray(keys.keys)) {
      problems.push(...findKeyProblems(keys.keys).map((problem) => `AUTH_KEYS ${problem}`))
    } else problems.push('AUTH_KEYS must be a JSON Web Key Set: {"keys": [...]}')
  }
  if (clients !== undefined) {
    problems.push(...findClientProblems(clients).map((problem) => `AUTH_CLIENTS ${problem}`))
  }
  if (problems.length > 0) throw new Error(problems.join('; '))
  return { keys: keys!.keys!, clients: clients as ClientRegistration[] }
}

function readJson(file: string, setting: string, problems: string[]): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read'
    problems.push(`${setting} names a file that ${reason} (${file})`)
    return undefined
  }
}

function findClientProblems(clients: unknown): readonly string[] {
  if (!Array.isArray(clients)) return ['must be a list of clients']
  return clients.flatMap((client: Partial<ClientRegistration>, index) => {
    const name = `${client.id ?? `client ${index + 1}`}`
    const problems: string[] = []
    for (const field of ['id', 'name', 'publisher', 'scope'] as const) {
      if (typeof client[field] !== 'string') problems.push(`${name} has no "${field}"`)
    }
    if (client.party !== 'first' && client.party !== 'third') {
      problems.push(`${name} must have "party": "first" or "third"`)
    }
    if (!Array.isArray(client.users) || !Array.isArray(client.redirectUris)) {
      problems.push(`${name} must list "users" and "redirectUris"`)
    }
    if (client.service !== undefined && !client.jwks) {
      problems.push(`${name} acts for itself and must have "jwks"`)
    }
    const keys = client.jwks?.keys ?? []
    if (
      name.startsWith(sandboxKeyPrefix) ||
      keys.some(({ kid }) => kid?.startsWith(sandboxKeyPrefix))
    ) {
      problems.push(`${name} belongs to the sandbox`)
    }
    return problems
  })
}

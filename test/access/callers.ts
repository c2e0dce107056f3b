/** Callers as authentication would make them, for tests of the rules. */
import type { Caller } from '../../src/auth/caller.ts'
import type { SmartScope } from '../../src/auth/smart-scope.ts'

/** `user/*.cruds`, `patient/Observation.rs`; no granular parameters. */
export function scope(text: string, parameters: SmartScope['parameters'] = []): SmartScope {
  const [context, rest] = text.split('/') as [SmartScope['context'], string]
  const [type, letters] = rest.split('.') as [string, string]
  return {
    context,
    type,
    parameters,
    text,
    create: letters.includes('c'),
    read: letters.includes('r'),
    update: letters.includes('u'),
    delete: letters.includes('d'),
    search: letters.includes('s'),
  }
}

export const hospital = 'https://finess.esante.gouv.fr|750000001'
export const clinic = 'https://finess.esante.gouv.fr|130000002'
const rpps = (number: string) => `https://rpps.esante.gouv.fr|${number}`

export function citizen(person: string, over: Partial<Caller> = {}): Caller {
  return {
    kind: 'citizen',
    user: `Patient/${person}`,
    person,
    client: 'mes',
    scopes: [scope('user/*.cruds')],
    ...over,
  }
}

export function professional(number: string, over: Partial<Caller> = {}): Caller {
  return {
    kind: 'professional',
    user: `Practitioner/${number}`,
    practitioner: rpps(number),
    profession: '10',
    organization: clinic,
    client: 'lgc',
    scopes: [scope('user/*.cruds')],
    ...over,
  }
}

export function establishment(organization = hospital): Caller {
  return {
    kind: 'establishment',
    organization,
    client: `soft-${organization.slice(-3)}`,
    scopes: [scope('system/*.cruds')],
  }
}

export function app(person: string, over: Partial<Caller> = {}): Caller {
  return {
    kind: 'app',
    user: `Patient/${person}`,
    person,
    patient: person,
    client: 'app-1',
    scopes: [scope('patient/*.rs')],
    ...over,
  }
}

export const operator: Caller = {
  kind: 'operator',
  user: 'Device/operator',
  client: 'ops',
  scopes: [scope('system/*.cruds')],
}
export const anonymous: Caller = { kind: 'anonymous', scopes: [] }

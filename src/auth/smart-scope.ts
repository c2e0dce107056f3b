/**
 * One SMART scope, read, compared and narrowed. SMART App Launch 2.2.0, scopes-and-launch-context.
 * What cannot be understood is never granted: letters out of order, modifiers, chains, `_filter`.
 */

export interface SmartScope {
  readonly context: 'patient' | 'user' | 'system'
  /** A resource type, or `*`. */
  readonly type: string
  readonly create: boolean
  /** read, vread and instance history. */
  readonly read: boolean
  /** update and patch. */
  readonly update: boolean
  readonly delete: boolean
  /** search, type history and system history. */
  readonly search: boolean
  /** Granular restriction: search parameters in the order given, without modifiers or chains. */
  readonly parameters: readonly (readonly [string, string])[]
  /** As it was granted. */
  readonly text: string
}

/** What scopes may name. */
export interface ScopeVocabulary {
  readonly isResourceType: (type: string) => boolean
  /** Of `*`, the type asked about is `Resource`. */
  readonly isSearchParameter: (type: string, code: string) => boolean
}

const letters = ['create', 'read', 'update', 'delete', 'search'] as const

/** SMART v1's words; v2's letters must stand in this order. */
const v1Letters: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' }

const pattern =
  /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{1,63})\.(\*|[a-z]{1,5})(?:\?(.{1,1000}))?$/
const v2Pattern = /^c?r?u?d?s?$/
const parameterName = /^(?:_(?:id|lastUpdated|profile|security|source|tag)|[A-Za-z][A-Za-z0-9-]*)$/

/** Undefined when the scope is not understood. */
export function parseSmartScope(text: string, vocabulary: ScopeVocabulary): SmartScope | undefined {
  const [, context, type, access, query] = pattern.exec(text) ?? []
  if (context === undefined || type === undefined || access === undefined) return undefined
  if (type !== '*' && !vocabulary.isResourceType(type)) return undefined
  const isV1 = Object.hasOwn(v1Letters, access)
  const granted = isV1 ? v1Letters[access]! : access
  if (!v2Pattern.test(granted) || (isV1 && query !== undefined)) return undefined
  const parameters = query === undefined ? [] : parseParameters(query, type, vocabulary)
  if (!parameters) return undefined
  return {
    context: context as SmartScope['context'],
    type,
    create: granted.includes('c'),
    read: granted.includes('r'),
    update: granted.includes('u'),
    delete: granted.includes('d'),
    search: granted.includes('s'),
    parameters,
    text,
  }
}

function parseParameters(
  query: string,
  type: string,
  { isSearchParameter }: ScopeVocabulary,
): (readonly [string, string])[] | undefined {
  const parameters: (readonly [string, string])[] = []
  for (const part of query.split('&')) {
    const [, code, encoded] = /^([^=]+)=(.+)$/.exec(part) ?? []
    if (code === undefined || encoded === undefined || !parameterName.test(code)) return undefined
    if (!isSearchParameter(type === '*' ? 'Resource' : type, code)) return undefined
    const value = decode(encoded)
    if (value === undefined) return undefined
    parameters.push([code, value])
  }
  return parameters
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** SMART v2's own form. */
export function formatSmartScope(scope: Omit<SmartScope, 'text'>): string {
  const access = letters.map((letter) => (scope[letter] ? letter[0] : '')).join('')
  const query = scope.parameters.map(([code, value]) => `${code}=${encode(value)}`).join('&')
  return `${scope.context}/${scope.type}.${access}${query === '' ? '' : `?${query}`}`
}

/** A scope is made of printable ASCII without space, `"` and `\` (RFC 6749 §3.3). */
function encode(value: string): string {
  return value.replaceAll(/[^\x21\x23-\x5b\x5d-\x7e]|[&%]/gu, (character) =>
    encodeURIComponent(character),
  )
}

/** Whether `have` allows all that `want` does. */
export function covers(have: SmartScope, want: SmartScope): boolean {
  return (
    have.context === want.context &&
    (have.type === '*' || have.type === want.type) &&
    letters.every((letter) => have[letter] || !want[letter]) &&
    have.parameters.every((restriction) => hasParameter(want, restriction))
  )
}

function hasParameter({ parameters }: SmartScope, [code, value]: readonly [string, string]) {
  return parameters.some((other) => other[0] === code && other[1] === value)
}

/**
 * What both lists allow, as the client may be told: an asked scope keeps its text when it is
 * allowed whole, and is narrowed when in part. Empty when there is nothing in common.
 */
export function intersect(
  asked: readonly SmartScope[],
  allowed: readonly SmartScope[],
): readonly SmartScope[] {
  const granted = new Map<string, SmartScope>()
  for (const scope of asked) {
    const whole = allowed.some((limit) => covers(limit, scope))
    const parts = whole ? [scope] : allowed.map((limit) => narrow(scope, limit))
    for (const part of parts) if (part) granted.set(part.text, part)
  }
  return [...granted.values()]
}

function narrow(scope: SmartScope, limit: SmartScope): SmartScope | undefined {
  if (scope.context !== limit.context) return undefined
  if (scope.type !== '*' && limit.type !== '*' && scope.type !== limit.type) return undefined
  const access = {
    create: scope.create && limit.create,
    read: scope.read && limit.read,
    update: scope.update && limit.update,
    delete: scope.delete && limit.delete,
    search: scope.search && limit.search,
  }
  if (!letters.some((letter) => access[letter])) return undefined
  const added = limit.parameters.filter((parameter) => !hasParameter(scope, parameter))
  const narrowed = {
    context: scope.context,
    type: scope.type === '*' ? limit.type : scope.type,
    ...access,
    parameters: [...scope.parameters, ...added],
  }
  return { ...narrowed, text: formatSmartScope(narrowed) }
}

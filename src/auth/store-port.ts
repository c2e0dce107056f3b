/**
 * What auth/ needs kept: a map of records by kind and key that can consume once, insert once, find
 * by a second name and forget a whole grant. `server.ts` provides it.
 */
import { hash } from 'node:crypto'

export interface AuthRecord {
  readonly kind: string
  /** `keyOf` what names the record: no token is ever stored. */
  readonly key: string
  readonly payload: Readonly<Record<string, unknown>>
  /** Seconds since 1970; absent: lives as long as the data. */
  readonly expiresAt?: number
  /** Seconds since 1970. */
  readonly consumedAt?: number
  /** The grant that the record came from, and goes with. */
  readonly grantId?: string
  /** A second name to find it by. */
  readonly handle?: string
}

export interface AuthStore {
  /** A record past its time may still come back: whoever reads it looks at `expiresAt`. */
  find(kind: string, key: string): Promise<AuthRecord | undefined>
  findByHandle(kind: string, handle: string): Promise<readonly AuthRecord[]>
  /** Adds or replaces. */
  save(record: AuthRecord): Promise<void>
  /** Adds, durably; false when there is one that has not expired. Of two callers at once, one wins. */
  insert(record: AuthRecord): Promise<boolean>
  /** Marks as used, durably; false when it was used before or is gone. Of two at once, one wins. */
  consume(kind: string, key: string, at: number): Promise<boolean>
  /** Durable when it returns; so is removeByGrant. */
  remove(kind: string, key: string): Promise<void>
  removeByGrant(kind: string, grantId: string): Promise<void>
  /** Another number after each removal of what gives access: what was read before may be dead. */
  epoch(): number
  close(): void
}

/** Kinds whose removal takes access away. */
export const accessKinds: ReadonlySet<string> = new Set([
  'AccessToken',
  'ClientCredentials',
  'Grant',
])

export function keyOf(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

export function isExpired({ expiresAt }: AuthRecord, seconds: number): boolean {
  return expiresAt !== undefined && expiresAt <= seconds
}

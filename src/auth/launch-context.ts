/**
 * What a launch gives an application beside its token: the patient in context. It is chosen by this
 * server, kept with the grant, and never taken from a client's parameter. SMART 2.2, §Launch context.
 */
import { randomBytes } from 'node:crypto'
import { isExpired, keyOf, type AuthStore } from './store-port.ts'

const launchSeconds = 300

/** An application opened from within a patient's record. */
export interface EhrLaunch {
  readonly client: string
  readonly patient: string
  /** The account that opened it; whoever logs in must be this one. */
  readonly user?: string
}

export interface LaunchContext {
  readonly client: string
  readonly account: string
  readonly patient?: string
}

export interface LaunchContexts {
  /** The `launch` value that the application hands back; good once, for five minutes. */
  createLaunch(launch: EhrLaunch): Promise<string>
  /** Undefined when it is unknown, used or too old. */
  readLaunch(launch: string): Promise<EhrLaunch | undefined>
  /** False when somebody used it before. */
  consumeLaunch(launch: string): Promise<boolean>
  save(grantId: string, context: LaunchContext, expiresAt: number): Promise<void>
  read(grantId: string): Promise<LaunchContext | undefined>
}

export function createLaunchContexts(store: AuthStore, now: () => number): LaunchContexts {
  const seconds = () => Math.floor(now() / 1000)
  return {
    createLaunch: async (launch) => {
      const value = randomBytes(32).toString('base64url')
      const expiresAt = seconds() + launchSeconds
      await store.save({ kind: 'Launch', key: keyOf(value), payload: { ...launch }, expiresAt })
      return value
    },
    readLaunch: async (value) => {
      const record = await store.find('Launch', keyOf(value))
      if (!record || record.consumedAt !== undefined || isExpired(record, seconds())) {
        return undefined
      }
      return record.payload as unknown as EhrLaunch
    },
    consumeLaunch: (value) => store.consume('Launch', keyOf(value), seconds()),
    save: (grantId, context, expiresAt) =>
      store.save({
        kind: 'Context',
        key: keyOf(grantId),
        payload: { ...context },
        expiresAt,
      }),
    read: async (grantId) =>
      (await store.find('Context', keyOf(grantId)))?.payload as LaunchContext | undefined,
  }
}

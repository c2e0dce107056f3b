/**
 * Slows down whoever tries credentials, codes or tokens one after another: so many failures within
 * the window, and nothing more is looked at until it is over. RFC 6749 §10.10; security.md §3, 33.
 */

export interface AttemptLimit {
  /** Seconds to wait; undefined while there were not too many failures. */
  waitSeconds(who: string): number | undefined
  failed(who: string): void
}

export interface AttemptLimitOptions {
  readonly failuresMax: number
  readonly windowMs: number
  readonly now: () => number
}

interface Failures {
  count: number
  readonly until: number
}

/** Beyond so many, the oldest are forgotten: a flood of names must not fill the memory. */
const knownMax = 10_000

export function createAttemptLimit({
  failuresMax,
  windowMs,
  now,
}: AttemptLimitOptions): AttemptLimit {
  const known = new Map<string, Failures>()
  const current = (who: string) => {
    const failures = known.get(who)
    return failures && failures.until > now() ? failures : undefined
  }
  return {
    waitSeconds: (who) => {
      const failures = current(who)
      if (!failures || failures.count < failuresMax) return undefined
      return Math.ceil((failures.until - now()) / 1000)
    },
    failed: (who) => {
      const failures = current(who)
      if (failures) failures.count += 1
      else {
        known.delete(who)
        known.set(who, { count: 1, until: now() + windowMs })
        if (known.size > knownMax) known.delete(known.keys().next().value!)
      }
    },
  }
}

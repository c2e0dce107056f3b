/** Errors of SQLite that say that the disk, not the request, is at fault. */

const reasons: Readonly<Record<number, string>> = {
  5: 'another process holds the database',
  7: 'memory is exhausted',
  8: 'the data folder is read-only',
  10: 'the disk failed to read or write',
  11: 'the database is damaged',
  13: 'the disk is full',
  14: 'the database file cannot be opened',
}

/** A sentence's end for a storage error; undefined for any other error. */
export function storageFailure(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  // The low byte is the primary code; the rest says more precisely where.
  return reasons[Number(error.errcode) & 0xff]
}

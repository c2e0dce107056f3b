/**
 * Walks the chains of a journal and names the first broken link. What a chain shows by itself: a
 * record that was changed, removed, added or moved, and a segment that is missing. A chain whose end
 * was cut off is whole in itself; that shows against a witness: the projection, which remembers the
 * last record it saw, and an anchor kept outside. Records written after the last witness can be cut
 * off unseen, and whoever can rewrite journal, projection and anchors can rewrite the past: keep
 * anchors where the server cannot write.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { projectionFile, readProgress } from './projection.ts'
import { type ChainName, chainNames, segmentFile } from './segment-format.ts'
import { listSegments, walkSegment, type SegmentWalk } from './segment-walk.ts'

export interface BrokenLink {
  readonly file: string
  readonly offset: number
  /** The number of the record, from 1, that is not what was written. */
  readonly record: number
  readonly reason: string
}

export interface ChainReport {
  readonly chain: ChainName
  readonly segments: number
  readonly records: number
  /** The hash of the last good record, hexadecimal. */
  readonly head: string
  readonly broken?: BrokenLink
  /** Bytes of a write that a crash cut off; the next start removes them. */
  readonly isTorn: boolean
}

/** What somebody remembers of a chain: its record of this number has this hash. */
export interface Witness {
  readonly name: string
  readonly records: number
  readonly hash: string
}

export interface VerifyOptions {
  readonly anchors?: readonly Witness[]
}

export function verifyJournal(folder: string, { anchors = [] }: VerifyOptions = {}): ChainReport[] {
  const projected = witnessesOf(folder)
  return chainNames.map((chain) => {
    const witnesses = [...projected[chain], ...(chain === 'journal' ? anchors : [])]
    return verifyChain(folder, chain, witnesses)
  })
}

function witnessesOf(folder: string): Record<ChainName, Witness[]> {
  const none = { journal: [], submitted: [] }
  const file = projectionFile(folder)
  if (!existsSync(file)) return none
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file, { readOnly: true })
    const progress = readProgress(db)
    const of = (chain: ChainName): Witness[] => {
      const { records, hash } = progress[chain]
      return records === 0 ? [] : [{ name: 'the projection', records, hash: hash.toString('hex') }]
    }
    return { journal: of('journal'), submitted: of('submitted') }
  } catch {
    return none
  } finally {
    db?.close()
  }
}

interface Walk {
  segments: number
  records: number
  hash: string
  file: string
  offset: number
  isTorn: boolean
}

function verifyChain(folder: string, chain: ChainName, witnesses: readonly Witness[]): ChainReport {
  const at: Walk = {
    segments: 0,
    records: 0,
    hash: '',
    file: segmentFile(chain, 1),
    offset: 0,
    isTorn: false,
  }
  const numbers = listSegments(folder, chain)
  let broken: BrokenLink | undefined
  for (const [index, number] of numbers.entries()) {
    const isLast = index === numbers.length - 1
    broken = verifySegment({ folder, chain, at, witnesses }, number, isLast)
    if (broken) break
  }
  broken ??= missingEnd(at, witnesses)
  const { segments, records, hash: head, isTorn } = at
  return { chain, segments, records, head, isTorn, ...(broken ? { broken } : {}) }
}

interface Verification {
  readonly folder: string
  readonly chain: ChainName
  readonly at: Walk
  readonly witnesses: readonly Witness[]
}

function verifySegment(
  { folder, chain, at, witnesses }: Verification,
  number: number,
  isLast: boolean,
): BrokenLink | undefined {
  const file = segmentFile(chain, number)
  const link = (reason: string, offset = 0): BrokenLink => ({
    file,
    offset,
    record: at.records + 1,
    reason,
  })
  if (number !== at.segments + 1) return link(`segment ${at.segments + 1} is missing`)
  let contradicted: BrokenLink | undefined
  const before = at.records
  const walk = walkSegment(join(folder, file), (_, offset, hash) => {
    at.records += 1
    if (contradicted) return
    const text = hash.toString('hex')
    const witness = witnesses.find((one) => one.records === at.records && one.hash !== text)
    if (!witness) return
    const reason = `it is not the record that ${witness.name} remembers`
    contradicted = { file, offset, record: at.records, reason }
  })
  const problem = headerProblem(walk, { ...at, records: before }, { chain, number, isLast })
  if (problem !== undefined) {
    at.records = before
    return link(problem)
  }
  at.file = file
  at.offset = walk.end
  at.segments = number
  if (walk.header) at.hash = walk.hash.toString('hex')
  at.isTorn = walk.tail === 'torn'
  if (contradicted) return contradicted
  if (walk.tail === 'broken' || (walk.tail === 'torn' && !isLast))
    return link('the record does not continue the chain', walk.end)
  return undefined
}

/** Undefined when the segment begins where the one before ended. */
function headerProblem(
  { header, tail }: SegmentWalk,
  at: Walk,
  { chain, number, isLast }: { chain: ChainName; number: number; isLast: boolean },
): string | undefined {
  // A crash between renaming and writing leaves a last segment of zeros.
  if (!header)
    return isLast && tail === 'clean' ? undefined : 'the header of the segment was changed'
  if (header.chain !== chain || header.segment !== number) return 'the segment is another one'
  if (header.recordsBefore !== at.records)
    return `the segment begins after record ${header.recordsBefore}, the one before ends at ${at.records}`
  if (number > 1 && header.head.toString('hex') !== at.hash)
    return 'the segment does not continue the one before'
  return undefined
}

/** Who remembers more records than there are knows that the end was cut off. */
function missingEnd(
  { records, file, offset }: Walk,
  witnesses: readonly Witness[],
): BrokenLink | undefined {
  const witness = witnesses.find((one) => one.records > records)
  return (
    witness && {
      file,
      offset,
      record: records + 1,
      reason: `the end is missing: ${witness.name} remembers ${witness.records} records`,
    }
  )
}

/** Our decisions and Cedar's, side by side. */
import fc from 'fast-check'
import { accessRules, type Explanation } from '../../../src/access/patient-decision.ts'
import { CedarDecisions, isAllowed, type Witness } from './cedar-decisions.ts'
import { policyIds, type CedarAnswer } from './oracle.ts'
import { attemptOn, explainOn, mayConsult, mayRead, maySearch, mayWrite } from './our-decisions.ts'
import { classes } from './random-callers.ts'
import { randomWorlds, type RandomWorld } from './random-worlds.ts'
import { buildWorld, openGate, type Gate, type Item } from './world.ts'

/** Which of our rules each policy states again, where both explain. */
const rulesByPolicy: Readonly<Record<string, string>> = {
  'own-record': 'P1-own-record',
  'represented-record': 'P2-represented-record',
  'care-relation': 'P10-care-relation',
  'treating-physician': 'P11-treating-physician',
  emergency: 'P12-emergency',
  'professional-depositor': 'P13-depositor',
  'establishment-depositor': 'P13-depositor',
  'consented-app': 'P20-consent',
  'hidden-from-patient': 'F1-hidden-from-patient',
  'hidden-from-representatives': 'F2-hidden-from-representatives',
  'blocked-professional': 'F10-blocked',
  'blocked-establishment': 'F10-blocked',
  'masked-to-professionals': 'F11-masked-to-professionals',
  habilitation: 'F12-habilitation',
  'never-for-apps': 'F20-never-for-apps',
}

export interface Tally {
  /** Decisions compared. */
  cases: number
  allowed: number
  /** How often a policy alone made the answer: its absence would have turned it. */
  readonly policies: Map<string, number>
  /** How often a rule of ours permitted or forbade. */
  readonly rules: Map<string, number>
}

export function createTally(): Tally {
  const zeros = (ids: readonly string[]) => new Map(ids.map((id) => [id, 0]))
  return {
    cases: 0,
    allowed: 0,
    policies: zeros(policyIds),
    rules: zeros(accessRules.map(({ id }) => id)),
  }
}

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1)
}

function countRules({ rules }: Tally, { permits, forbids }: Explanation): void {
  for (const id of [...permits, ...forbids]) count(rules, id)
}

/** A policy counts when it is the only one that holds, and a forbid when something was permitted. */
function witnessOf({ policies }: Tally, heard: string[]): Witness {
  return (answer, askPermits) => {
    heard.push(...answer.policies)
    const [only, ...others] = answer.policies
    if (only === undefined || others.length > 0) return
    if (answer.isAllowed || askPermits().isAllowed) count(policies, only)
  }
}

/** Throws at the first disagreement. */
export async function compareWorld(random: RandomWorld, tally: Tally): Promise<void> {
  const world = buildWorld(random)
  const gate = await openGate(world)
  const heard: string[] = []
  const cedar = new CedarDecisions(world, witnessOf(tally, heard))
  for (const item of world.items) {
    const agree = (what: string, ours: boolean, theirs: boolean) => {
      tally.cases += 1
      if (theirs) tally.allowed += 1
      const policies = heard.splice(0)
      if (ours !== theirs) throw new Error(disagreement(what, item, { ours, theirs, policies }))
    }
    agree('read', await mayRead(gate, item), cedar.read(item))
    agree('search', await maySearch(gate, item), cedar.search(item))
    const attempt = attemptOn(item)
    agree(item.random.change, await mayWrite(gate, attempt), cedar.write(item))
    const action = attempt.isCreate ? 'feed' : attempt.isMask ? 'metadata' : 'change'
    countRules(tally, await explainOn(gate, action, item))
    if (classes[item.type] !== 'patient' || item.owner) continue
    const { tested, matched } = await mayConsult(gate, item)
    const seen = cedar.see(item)
    agree('consult (test)', tested, seen.every(isAllowed))
    agree('consult (clause)', matched, seen.every(isAllowed))
    if (item.envelope.patients.length === 1)
      await compareReasons(gate, item, { answer: seen[0]!, tally })
  }
}

/** What Cedar names: the permits of what it allows, the forbids of what it denies. */
async function compareReasons(
  gate: Gate,
  item: Item,
  { answer, tally }: { readonly answer: CedarAnswer; readonly tally: Tally },
): Promise<void> {
  const ours = await explainOn(gate, 'consult', item)
  countRules(tally, ours)
  const theirs = new Set(answer.policies.flatMap((id) => rulesByPolicy[id] ?? []))
  const expected = answer.isAllowed
    ? { permits: [...theirs], forbids: [] }
    : { permits: undefined, forbids: [...theirs] }
  const isSame =
    (expected.permits === undefined || same(ours.permits, expected.permits)) &&
    same(ours.forbids, expected.forbids)
  tally.cases += 1
  if (!isSame) throw new Error(disagreement('explain', item, { ours, theirs: answer.policies }))
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join()
}

function disagreement(what: string, { type, id }: Item, sides: object): string {
  return `${what} ${type}/${id}: ${JSON.stringify(sides)}`
}

export interface ComparisonOptions {
  readonly worlds: number
  readonly seed: number
  /** Called after each world. */
  readonly progress?: (worlds: number) => void
}

/** Throws with the seed, and the smallest world that fast-check finds to disagree on. */
export async function compareWithCedar(options: ComparisonOptions): Promise<Tally> {
  const { worlds, seed, progress = () => undefined } = options
  const tally = createTally()
  let done = 0
  const property = fc.asyncProperty(randomWorlds, async (world) => {
    await compareWorld(world, tally)
    progress((done += 1))
  })
  await fc.assert(property, { numRuns: worlds, seed })
  return tally
}

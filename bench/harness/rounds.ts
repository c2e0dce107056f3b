/** Contenders in turn, several rounds: noise of the machine hits all of them alike. */
import { median } from './load.ts'

export type Contender = () => Promise<number>

export interface RoundsOptions<K extends string> {
  readonly rounds: number
  readonly contenders: Readonly<Record<K, Contender>>
}

export type Rounds<K extends string> = Readonly<Record<K, readonly number[]>>

/**
 * Not counted: until V8 has compiled what a contender runs. A server runs for days; its first
 * hundred requests are another matter, of which `start` tells.
 */
const warmUps = 5

/** Each round begins with another contender. */
export async function runRounds<K extends string>({
  rounds,
  contenders,
}: RoundsOptions<K>): Promise<Rounds<K>> {
  const names = Object.keys(contenders) as K[]
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    K,
    number[]
  >
  for (let round = -warmUps; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + warmUps) % names.length]!
      const value = await contenders[name]()
      if (round >= 0) values[name].push(value)
    }
  }
  return values
}

/** The median of the rounds' own ratios. */
export function medianRatio(above: readonly number[], below: readonly number[]): number {
  return median(above.map((value, round) => value / below[round]!))
}

export function spread(above: readonly number[], below: readonly number[]): string {
  const ratios = above.map((value, round) => value / below[round]!)
  return `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
}

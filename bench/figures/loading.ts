/** Whether memory stays flat while much is loaded. */
import { atMost, type Figure, type Result } from '../harness/figure.ts'
import { median } from '../harness/load.ts'
import type { Workbench } from '../harness/workbench.ts'

/** The last third against the first one after warming up. */
function growth(residentAt: readonly number[]): number {
  const third = Math.floor(residentAt.length / 3)
  return median(residentAt.slice(-third)) / median(residentAt.slice(third, 2 * third))
}

async function loading(bench: Workbench): Promise<readonly Result[]> {
  const { resources, seconds, residentAt } = await bench.loaded()
  const told = residentAt.map((megabytes) => Math.round(megabytes)).join(' ')
  return [
    {
      work: `memory while loading ${resources} resources: last third / middle third`,
      value: growth(residentAt),
      unit: '',
      goal: atMost(1.15),
      detail: `${Math.round(resources / seconds)} resources/s in transactions of 50 and 100; MB: ${told}`,
      where: 'mapped pages of the database count as resident',
    },
    {
      work: 'resident after load',
      value: residentAt.at(-1)!,
      unit: 'MB',
      goal: atMost(300),
      detail: `highest seen ${Math.round(Math.max(...residentAt))} MB`,
    },
  ]
}

export const loadFigures: readonly Figure[] = [{ name: 'load', run: loading }]

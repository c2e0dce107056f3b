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
  const own = residentAt.map((resident) => resident.own)
  const mapped = residentAt.at(-1)!.files
  const told = own.map((megabytes) => Math.round(megabytes)).join(' ')
  return [
    {
      work: `memory while loading ${resources} resources: last third / middle third`,
      value: growth(own),
      unit: '',
      goal: atMost(1.15),
      detail: `${Math.round(resources / seconds)} resources/s in transactions of 50 and 100; MB: ${told}`,
    },
    {
      work: 'resident after load, mapped files left out',
      value: own.at(-1)!,
      unit: 'MB',
      detail: `highest ${Math.round(Math.max(...own))} MB; beside it ${Math.round(mapped)} MB of mapped files, the database's pages that the system takes back when it needs memory`,
    },
  ]
}

export const loadFigures: readonly Figure[] = [{ name: 'load', run: loading }]

/** Extraction and validation in microseconds, and validation against Medplum's. */
import type { Sample, Subject } from '../micro/in-process.ts'
import type { Child } from '../harness/child.ts'
import { atLeast, atMost, type Figure, type Goal, type Result } from '../harness/figure.ts'
import { median } from '../harness/load.ts'
import { medianRatio, runRounds, spread } from '../harness/rounds.ts'
import type { Workbench } from '../harness/workbench.ts'

interface Opened {
  readonly isWired: boolean
  readonly problems: readonly string[]
}

async function openProgram(bench: Workbench): Promise<{ child: Child } & Opened> {
  const child = bench.program('micro/in-process.ts')
  return { child, ...(await child.ask<Opened>('open')) }
}

function timing(
  bench: Workbench,
  child: Child,
  subject: Subject,
  sample: Sample,
): () => Promise<number> {
  const milliseconds = bench.options.stretchMilliseconds / 2
  return () => child.ask<number>('measure', { subject, sample, milliseconds })
}

async function extraction(bench: Workbench): Promise<readonly Result[]> {
  const { child } = await openProgram(bench)
  const rounds = await runRounds({
    rounds: bench.options.rounds,
    contenders: {
      DocumentReference: timing(bench, child, 'extract', 'DocumentReference'),
      Patient: timing(bench, child, 'extract', 'Patient'),
      Observation: timing(bench, child, 'extract', 'Observation'),
      PDSm: timing(bench, child, 'extract', 'PDSm comprehensive'),
    },
  })
  const each = (values: readonly number[]) => `${median(values).toFixed(1)} µs`
  return [
    {
      work: 'index extraction, DocumentReference',
      value: median(rounds.DocumentReference),
      unit: 'µs',
      goal: atMost(6),
      detail: `Patient ${each(rounds.Patient)}, Observation with components ${each(rounds.Observation)}, PDSm comprehensive with its contained resources ${each(rounds.PDSm)}`,
      rounds,
    },
  ]
}

const validated: readonly { sample: Sample; work: string; goal: Goal }[] = [
  { sample: 'Patient', work: 'validate Patient', goal: atMost(25) },
  { sample: 'DocumentReference', work: 'validate DocumentReference', goal: atMost(40) },
  {
    sample: 'PDSm comprehensive',
    work: 'validate PDSm comprehensive with its contained resources',
    goal: atMost(150),
  },
]

async function validation(bench: Workbench): Promise<readonly Result[]> {
  const { child, isWired, problems } = await openProgram(bench)
  const peerWork = '@medplum/core validateResource / ours'
  if (!isWired) {
    return [...validated.map(({ work }) => work), peerWork].map((work) => ({
      work,
      value: undefined,
      unit: 'µs',
      detail: 'not wired yet',
    }))
  }
  const detail = problems.length === 0 ? 'no errors found in it' : problems.join('; ').slice(0, 300)
  const results: Result[] = []
  for (const { sample, work, goal } of validated) {
    const rounds = await runRounds({
      rounds: bench.options.rounds,
      contenders: { ours: timing(bench, child, 'validate', sample) },
    })
    results.push({ work, value: median(rounds.ours), unit: 'µs', goal, detail, rounds })
  }
  const rounds = await runRounds({
    rounds: bench.options.rounds,
    contenders: {
      peer: timing(bench, child, 'medplum', 'DocumentReference'),
      ours: timing(bench, child, 'validate', 'DocumentReference'),
    },
  })
  results.push({
    work: peerWork,
    value: medianRatio(rounds.peer, rounds.ours),
    unit: '',
    goal: atLeast(40),
    detail: `${Math.round(median(rounds.peer))} µs to ${median(rounds.ours).toFixed(1)} µs, rounds ${spread(rounds.peer, rounds.ours)}; DocumentReference, base`,
    rounds,
  })
  return results
}

export const microFigures: readonly Figure[] = [
  { name: 'extract', run: extraction },
  { name: 'validate', run: validation },
]

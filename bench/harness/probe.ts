/**
 * Loaded into the server with `--import`: the longest block of the event loop, and where
 * the time goes, on every thread. It changes nothing of the server, and does nothing until asked.
 */
import { Session } from 'node:inspector/promises'
import { basename } from 'node:path'
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
  readonly what: 'start' | 'stop' | 'stopped'
  readonly thread?: string
  readonly times?: SelfTimes
}

const channel = new BroadcastChannel(channelName)
;(channel as unknown as { unref(): void }).unref()

function say(message: Told): void {
  channel.postMessage(message)
}

/** Workers that are busy hear late. */
const hearMilliseconds = 1000
const pause = () => new Promise((resolve) => setTimeout(resolve, hearMilliseconds))

if (isMainThread) serveMain()
else serveWorker(basename(process.argv[1] ?? 'worker', '.ts'))

function serveWorker(thread: string): void {
  channel.onmessage = (event) => {
    const { from, what } = (event as { data: Told }).data
    if (from !== 'main') return
    if (what === 'start') void startProfile()
    else void stopProfile().then((times) => say({ from: 'worker', what: 'stopped', thread, times }))
  }
}

function serveMain(): void {
  const threads: Record<string, SelfTimes> = {}
  channel.onmessage = (event) => {
    const { what, thread, times } = (event as { data: Told }).data
    if (what === 'stopped' && thread && times) threads[thread] = times
  }
  const delays = monitorEventLoopDelay({ resolution: 1 })
  answerQuestions({
    'loop-start': () => {
      delays.enable()
      delays.reset()
    },
    'loop-stop': () => {
      delays.disable()
      return delays.max / 1e6
    },
    'profile-start': async () => {
      say({ from: 'main', what: 'start' })
      await pause()
      await startProfile()
    },
    'profile-stop': async () => {
      threads.main = await stopProfile()
      say({ from: 'main', what: 'stop' })
      await pause()
      return threads
    },
  })
  // The server ends as it does without a probe.
  process.channel?.unref()
}

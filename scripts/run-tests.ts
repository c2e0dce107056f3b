/**
 * Runs the tests with tap and ends with the line `N passed, N failed`. Exits non-zero when one
 * failed, when none ran, or when tap itself failed. See --help.
 */
import { spawn } from 'node:child_process'
import { createReadStream, globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const HELP = `npm test [-- FILE|FOLDER...]   runs test/**/*.test.ts, or those below the arguments;
                                arguments that start with - go to tap`

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What failed, by name; a file after its tests. */
  readonly failures: readonly string[]
}

/**
 * Counts the tests of a TAP stream that nests one subtest per file: the points one level down.
 * A file that failed without a failed point (it threw, or ran out of time) counts as one failure.
 */
export async function countTests(lines: AsyncIterable<string>): Promise<Counts> {
  let passed = 0
  let failed = 0
  let skipped = 0
  let failedBefore = 0
  const failures: string[] = []
  let diagnosticsEnd: string | undefined
  for await (const line of lines) {
    if (diagnosticsEnd !== undefined) {
      if (line === diagnosticsEnd) diagnosticsEnd = undefined
      continue
    }
    const indent = /^( *)---$/.exec(line)?.[1]
    if (indent !== undefined) {
      diagnosticsEnd = `${indent}...`
      continue
    }
    const point = /^( {4})?(not )?ok \d+.*?( # (?:SKIP|TODO)\b.*)?$/i.exec(line)
    if (point) {
      const [, isInFile, isNotOk, directive] = point
      if (isNotOk && !directive)
        failures.push(
          line
            .trim()
            .replace(/^not ok \d+ - /, '')
            .replace(/ # time=.*$/, ''),
        )
      if (isInFile && directive) skipped += 1
      else if (isInFile && isNotOk) failed += 1
      else if (isInFile) passed += 1
      else if (isNotOk && failed === failedBefore) failed += 1
      if (!isInFile) failedBefore = failed
    } else if (line.startsWith('Bail out!')) failed += 1
  }
  return { passed, failed, skipped, failures }
}

function testFiles(targets: readonly string[]): string[] {
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory()
  return targets
    .flatMap((target) =>
      isFolder(target) ? globSync(join(target, '**/*.test.ts')) : globSync(target),
    )
    .toSorted()
}

/** What tap's reporter redraws in a terminal, and nobody wants in a log. */
const REDRAWN = /^(Asserts|Suites): |^# No coverage|^$/
const CONTROL = new RegExp(`${String.fromCodePoint(27)}\\[[?0-9;]*[A-Za-z]`, 'g')

function runTap(args: readonly string[]): Promise<number> {
  const { isTTY } = process.stdout
  const tap = spawn(process.execPath, ['node_modules/tap/dist/esm/run.mjs', 'run', ...args], {
    stdio: ['inherit', isTTY ? 'inherit' : 'pipe', 'inherit'],
  })
  if (tap.stdout) {
    createInterface({ input: tap.stdout }).on('line', (line) => {
      const text = line.replaceAll(CONTROL, '')
      if (!REDRAWN.test(text)) console.log(text)
    })
  }
  return new Promise((resolve, reject) => {
    tap.once('error', reject)
    tap.once('close', (code) => resolve(code ?? 1))
  })
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log(HELP)
    return
  }
  const options = args.filter((arg) => arg.startsWith('-'))
  const targets = args.filter((arg) => !arg.startsWith('-'))
  const files = testFiles(targets.length > 0 ? targets : ['test'])
  // The stream goes to a file of this run, so that two runs in one checkout do not meet.
  const folder = mkdtempSync(join(tmpdir(), 'passerelle-test-'))
  try {
    const stream = join(folder, 'run.tap')
    const tapOptions = ['--reporter=terse', '--jobs=2', `--output-file=${stream}`, ...options]
    const status = files.length > 0 ? await runTap([...tapOptions, ...files]) : 1
    const lines =
      files.length > 0 ? createInterface({ input: createReadStream(stream, 'utf8') }) : []
    const { passed, failed, skipped, failures } = await countTests(toAsync(lines))
    for (const failure of failures) console.log(`failed: ${failure}`)
    if (passed + failed === 0) console.log('No test ran.')
    if (skipped > 0) console.log(`${skipped} skipped or to do`)
    console.log(`${passed} passed, ${failed} failed`)
    process.exitCode = status === 0 && failed === 0 && passed > 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function* toAsync(lines: AsyncIterable<string> | Iterable<string>) {
  yield* lines
}

if (import.meta.main) await main(process.argv.slice(2))

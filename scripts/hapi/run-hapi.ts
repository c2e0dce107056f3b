/** Builds ValidateLines with Maven outside the repository and hands it resources. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface HapiError {
  /** `Type_Specific_Checks_DT_Date_Valid`; none for an error of the JSON parser. */
  readonly id?: string
  readonly place: string
  readonly message: string
}

export interface HapiVerdict {
  readonly verdict: 'ok' | 'errors'
  readonly errors: readonly HapiError[]
}

const sources = ['pom.xml', 'ValidateLines.java'].map((file) => join(import.meta.dirname, file))

/** What is missing for a run; undefined when nothing is. */
export function missingTool(): string | undefined {
  return ['java', 'mvn'].find((tool) => spawnSync(tool, ['-version']).status !== 0)
}

export function hapiVersion(): string {
  return /<hapi\.version>(.*?)</.exec(readFileSync(sources[0]!, 'utf8'))![1]!
}

/** One verdict for each line. Verdicts are kept in the temporary folder, for a second look. */
export function runHapi(lines: readonly string[]): HapiVerdict[] {
  const folder = join(tmpdir(), `passerelle-hapi-${digest(sources.map(readText).join())}`)
  const input = lines.map((line) => `${line}\n`).join('')
  const answers = join(folder, `${digest(input)}.ndjson`)
  if (!existsSync(answers)) {
    const classPath = build(folder)
    const args = ['-n', '10', 'java', '-Xmx1500m', '-cp', classPath, 'ValidateLines']
    writeFileSync(answers, run('nice', args, folder, input))
  }
  return readText(answers)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as HapiVerdict)
}

function build(folder: string): string {
  const file = join(folder, 'class-path.txt')
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    for (const source of sources) cpSync(source, join(folder, source.split(/[\\/]/).at(-1)!))
    const goals = ['compile', 'dependency:build-classpath', '-Dmdep.outputFile=class-path.txt']
    const maven = ['-n', '10', 'mvn', '-q', '-B']
    const offline = spawnSync('nice', [...maven, '-o', ...goals], { cwd: folder })
    if (offline.status !== 0) run('nice', [...maven, ...goals], folder)
  }
  return [join(folder, 'target/classes'), readText(file).trim()].join(delimiter)
}

function run(command: string, args: readonly string[], cwd: string, input = ''): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 29,
  })
  if (status === 0) return stdout
  throw new Error(`${args.slice(2, 4).join(' ')} failed: ${stdout}${stderr} ${error ?? ''}`)
}

const readText = (file: string) => readFileSync(file, 'utf8')
const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** Runs the tests of the gate against a copy of the sources with one line weakened. */
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutants, type Mutant } from './mutants.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** The quickest first: one failure is enough. */
const tests = [
  'rules.test.ts',
  'access.test.ts',
  'scopes.test.ts',
  'gate.test.ts',
  'withheld.test.ts',
  'blocked.test.ts',
  'access-operations.test.ts',
  'feeding.test.ts',
  'acceptance.test.ts',
  'documents-acceptance.test.ts',
  'attacks.test.ts',
  'matrix.test.ts',
  'cedar.property.test.ts',
  'dual-world.test.ts',
]

export interface MutantResult {
  readonly mutant: Mutant
  readonly killedBy: string | undefined
}

/** Whether the line that a mutant weakens is still there. */
export async function findLine({ file, find }: Mutant): Promise<boolean> {
  return (await readFile(join(root, file), 'utf8')).includes(find)
}

/** Each mutant with the test that killed it. Throws when a mutant's line is no longer in its file. */
export async function* runMutants(
  chosen: readonly Mutant[] = mutants,
): AsyncGenerator<MutantResult> {
  const copy = await mkdtemp(join(tmpdir(), 'passerelle-mutants-'))
  try {
    for (const name of [
      'src',
      'test/access',
      'test/national',
      'test/store',
      'test/fixtures.ts',
      'package.json',
    ]) {
      await cp(join(root, name), join(copy, name), { recursive: true })
    }
    for (const name of ['node_modules', 'profiles', 'terminologies', '.cache']) {
      await symlink(join(root, name), join(copy, name))
    }
    // A test that fails by itself would kill every mutant.
    if (chosen === mutants) await requireHealthy(copy)
    for (const mutant of chosen) yield await runOne(copy, mutant)
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

async function requireHealthy(copy: string): Promise<void> {
  for (const test of tests)
    if (!(await passes(copy, test))) throw new Error(`${test} fails without any mutant`)
}

async function runOne(copy: string, mutant: Mutant): Promise<MutantResult> {
  const file = join(copy, mutant.file)
  const source = await readFile(file, 'utf8')
  if (!source.includes(mutant.find))
    throw new Error(`${mutant.file} no longer has the line of "${mutant.name}"`)
  await writeFile(
    file,
    source.replace(mutant.find, () => mutant.replace),
  )
  try {
    for (const test of tests) if (!(await passes(copy, test))) return { mutant, killedBy: test }
    return { mutant, killedBy: undefined }
  } finally {
    await writeFile(file, source)
  }
}

function passes(copy: string, test: string): Promise<boolean> {
  return new Promise((resolve) => {
    const env = { ...process.env, TAP_BAIL: '1', DUAL_WORLD_PAIRS: '500' }
    const child = spawn(process.execPath, [join(copy, 'test/access', test)], {
      cwd: copy,
      env,
      stdio: 'ignore',
    })
    child.on('exit', (code) => resolve(code === 0))
  })
}

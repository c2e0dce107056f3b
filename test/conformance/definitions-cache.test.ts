import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import type { DefinitionArchive } from '../../src/conformance/definition-archive.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'

function contentOf(archive: DefinitionArchive): Map<string, unknown> {
  return new Map(
    archive.entries.map((entry) => [`${entry.kind} ${entry.url}`, archive.read(entry)]),
  )
}

t.test('answers the same from memory, from a fresh file and from the cache', async (t) => {
  const cacheDir = t.testdir()
  const fresh = loadCoreDefinitions({ cacheDir })
  t.equal(readdirSync(cacheDir).length, 1)
  const begin = performance.now()
  const cached = loadCoreDefinitions({ cacheDir })
  createRegistry({ core: cached })
  const elapsed = performance.now() - begin
  t.comment(`cached load with registry: ${elapsed.toFixed(0)} ms`)
  t.ok(elapsed < 1000, 'far below a compilation')
  const expected = contentOf(loadCoreDefinitions())
  t.strictSame(contentOf(fresh), expected)
  t.strictSame(contentOf(cached), expected)
})

t.test('compiles again when the file is damaged', async (t) => {
  const cacheDir = t.testdir()
  loadCoreDefinitions({ cacheDir })
  const file = join(cacheDir, readdirSync(cacheDir)[0]!)
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.subarray(0, bytes.length - 1))
  t.equal(loadCoreDefinitions({ cacheDir }).entries.length, 4472)
  t.equal(readFileSync(file).length, bytes.length)
})

t.test('works from memory when the folder cannot be made or written', async (t) => {
  const folder = t.testdir({ file: '' })
  const cacheDir = join(folder, 'file', 'cache')
  t.equal(loadCoreDefinitions({ cacheDir }).entries.length, 4472)
  t.notOk(existsSync(cacheDir))
  const locked = t.testdir({ locked: {} })
  chmodSync(join(locked, 'locked'), 0o500)
  t.equal(loadCoreDefinitions({ cacheDir: join(locked, 'locked') }).entries.length, 4472)
})

t.test('lets two processes compile at once', async (t) => {
  const cacheDir = t.testdir()
  const run = async () => {
    const child = spawn(process.execPath, ['scripts/compile-definitions.ts', cacheDir])
    const [code] = (await once(child, 'exit')) as [number]
    return code
  }
  t.same(await Promise.all([run(), run()]), [0, 0])
  const files = readdirSync(cacheDir)
  t.equal(files.filter((file) => file.startsWith('core@')).length, 1)
  t.same(
    files.filter((file) => file.endsWith('.tmp')),
    [],
  )
})

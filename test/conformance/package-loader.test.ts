import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { create, Header } from 'tar'
import t, { type Test } from 'tap'
import { createRegistry } from '../../src/conformance/create-registry.ts'
import { loadCoreDefinitions } from '../../src/conformance/definitions-cache.ts'
import { readPackageArchive, readPackageFolder } from '../../src/conformance/package-archive.ts'
import { loadPackages, missingDependencies } from '../../src/conformance/package-loader.ts'

const core = loadCoreDefinitions({ cacheDir: '.cache' })
const limits = { fileBytesMax: 10_000, totalBytesMax: 50_000, filesMax: 20 }

function newFolder(t: Pick<Test, 'teardown'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface PackageSketch {
  name?: string
  version?: string
  dependencies?: Record<string, string>
  files?: Record<string, unknown>
}

const valueSet = (url: string, version: string, name = 'A') => ({
  resourceType: 'ValueSet',
  id: name,
  url,
  version,
  name,
  status: 'active',
})

function writePackage(folder: string, sketch: PackageSketch): string {
  const { name = 'a.b', version = '1.0.0', dependencies = {}, files = {} } = sketch
  const content = { 'package.json': { name, version, dependencies }, ...files }
  for (const [file, value] of Object.entries(content)) {
    const path = join(folder, 'package', file)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return folder
}

async function pack(folder: string, file: string): Promise<string> {
  await create({ gzip: true, cwd: folder, file }, ['package'])
  return file
}

const url = 'https://example.fr/ValueSet/a'

t.test('reads a folder, a .tgz and a folder of packages alike', async (t) => {
  const files = { 'ValueSet-a.json': valueSet(url, '2'), '.index.json': '{}', 'x.md': 'no' }
  const folder = writePackage(join(newFolder(t), 'p'), { files })
  const tgz = await pack(folder, join(newFolder(t), 'a.tgz'))
  const both = newFolder(t)
  writePackage(join(both, 'one'), { name: 'one', files })
  await pack(writePackage(join(newFolder(t), 'two'), { name: 'two', files }), join(both, '2.tgz'))
  for (const path of [folder, tgz]) {
    const { archives, warnings } = await loadPackages([path])
    t.same(warnings, [])
    t.match(archives[0], { package: { name: 'a.b', version: '1.0.0' } })
    t.same(
      archives[0]!.entries.map((entry) => entry.url),
      [url],
    )
  }
  const { archives } = await loadPackages([both])
  t.same(archives.map((archive) => archive.package.name).toSorted(), ['one', 'two'])
})

t.test('takes name and version of our own packages from the folder', async (t) => {
  const profiles = t.testdir({
    'README.md': '',
    'hl7.fhir.fr.core-2.1.0': { 'ValueSet-a.json': JSON.stringify(valueSet(url, '2')) },
  })
  const { archives } = await loadPackages([profiles])
  t.match(archives[0]?.package, { name: 'hl7.fhir.fr.core', version: '2.1.0' })
  t.same((await loadPackages([t.testdir({ 'README.md': '' })])).archives, [])
})

t.test('finds a package in the cache until its content changes', async (t) => {
  const cacheDir = newFolder(t)
  const path = writePackage(join(newFolder(t), 'p'), {
    files: { 'ValueSet-a.json': valueSet(url, '2') },
  })
  await loadPackages([path], { cacheDir })
  const [file] = readdirSync(cacheDir)
  await loadPackages([path], { cacheDir })
  t.same(readdirSync(cacheDir), [file])
  writePackage(path, { files: { 'ValueSet-a.json': valueSet(url, '2.0.0-other') } })
  const { archives } = await loadPackages([path], { cacheDir })
  t.equal(archives[0]!.entries[0]!.version, '2.0.0-other')
  t.equal(readdirSync(cacheDir).length, 1)
})

t.test('names the package and the file of broken JSON', async (t) => {
  const files = { 'ValueSet-a.json': '{"resourceType": "ValueSet",' }
  const folder = writePackage(join(newFolder(t), 'p'), { files })
  await t.rejects(loadPackages([folder]), { message: /\/p: ValueSet-a\.json is no readable JSON/ })
  const tgz = await pack(folder, join(newFolder(t), 'a.tgz'))
  await t.rejects(loadPackages([tgz]), { message: /a\.tgz: ValueSet-a\.json is no readable JSON/ })
})

t.test('refuses what is no R4 package', async (t) => {
  const folder = t.testdir({
    nameless: { 'a.json': '{}' },
    'r5-1.0.0': {
      'package.json': JSON.stringify({ name: 'r5', version: '1.0.0', fhirVersions: ['5.0.0'] }),
    },
    'text.tgz': 'not an archive',
    'garbage.tgz': gzipSync(Buffer.alloc(5000, 'x')),
  })
  await t.rejects(loadPackages([join(folder, 'nameless')]), { message: /has no package\.json/ })
  await t.rejects(loadPackages([join(folder, 'r5-1.0.0')]), { message: /for FHIR 5\.0\.0/ })
  await t.rejects(loadPackages([join(folder, 'absent')]), { message: /is not there/ })
  await t.rejects(loadPackages([join(folder, 'text.tgz')]), { message: /is no readable \.tgz/ })
  await t.rejects(loadPackages([join(folder, 'garbage.tgz')]), { message: /is no readable \.tgz/ })
})

t.test('refuses a cut archive', async (t) => {
  const folder = writePackage(join(newFolder(t), 'p'), { files: { 'a.json': 'x'.repeat(3000) } })
  await create({ cwd: folder, file: join(folder, 'a.tar'), sync: true }, ['package'])
  const cut = join(folder, 'cut.tgz')
  writeFileSync(cut, gzipSync(readFileSync(join(folder, 'a.tar')).subarray(0, 2000)))
  await t.rejects(loadPackages([cut]), { message: /cut\.tgz/ })
})

/** A tar of one entry, however strange its path, type or size. */
function strangeArchive(entry: { path: string; type?: 'File' | 'SymbolicLink'; size?: number }) {
  const { path, type = 'File', size = 0 } = entry
  const header = new Header({
    path,
    type,
    size,
    mode: 0o644,
    ...(type === 'SymbolicLink' ? { linkpath: '/etc/passwd' } : {}),
  })
  header.encode()
  return gzipSync(Buffer.concat([header.block!, Buffer.alloc(Math.ceil(size / 512) * 512 + 1024)]))
}

t.test('passes over entries that lead out of the package, and reports them', async (t) => {
  const path = join(newFolder(t), 'evil-1.0.0.tgz')
  for (const entry of [
    { path: 'package/../../evil.json' },
    { path: '/package/evil.json' },
    { path: 'package/link.json', type: 'SymbolicLink' as const },
  ]) {
    writeFileSync(path, strangeArchive(entry))
    await t.rejects(readPackageArchive(path), { message: /has no package\.json/ }, entry.path)
  }
  const folder = writePackage(join(newFolder(t), 'p'), {})
  symlinkSync('/etc/passwd', join(folder, 'package', 'link.json'))
  const { archives, warnings } = await loadPackages([await pack(folder, `${path}.tgz`)])
  t.match(warnings, [/link\.json \(SymbolicLink\) is passed over/])
  t.equal(archives[0]!.entries.length, 0)
  t.equal((await readPackageFolder(folder)).index.entries.length, 0)
})

t.test('stops at the bounds of size and number', async (t) => {
  const path = join(newFolder(t), 'big.tgz')
  writeFileSync(path, strangeArchive({ path: 'package/a.json', size: 10_001 }))
  await t.rejects(readPackageArchive(path, limits), { message: /a\.json is too large/ })
  writeFileSync(path, gzipSync(Buffer.alloc(60_000)))
  await t.rejects(readPackageArchive(path, limits), { message: /too large when unpacked/ })
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.json`, '{}']))
  const folder = writePackage(join(newFolder(t), 'p'), { files: many })
  await t.rejects(readPackageArchive(await pack(folder, path), limits), { message: /too many/ })
  const large = writePackage(join(newFolder(t), 'q'), { files: { 'a.json': ' '.repeat(10_001) } })
  await t.rejects(readPackageFolder(large, limits), { message: /a\.json is too large/ })
})

t.test('resolves in the context of the naming package, then by default, then newest', async (t) => {
  const folder = newFolder(t)
  const paths = ['1.0.0', '2.0.0', '3.0.0-snapshot'].map((version) =>
    writePackage(join(folder, version), {
      name: 'base.fr',
      version,
      files: { 'ValueSet-a.json': valueSet(url, version) },
    }),
  )
  for (const [name, dependencies] of [
    ['near', { 'base.fr': '1.0.0', absent: '1.0.0' }],
    ['far', { near: '1.0.0' }],
    ['wild', { 'base.fr': '2.0.x' }],
    ['lone', {}],
  ] as const)
    paths.push(writePackage(join(folder, name), { name, dependencies }))
  const { archives } = await loadPackages(paths)
  const registry = createRegistry({ core, packages: archives })
  const versionFor = (name: string, canonical = url) =>
    registry.resolve('ValueSet', canonical, { name, version: '1.0.0' })?.version
  t.equal(versionFor('near'), '1.0.0')
  t.equal(versionFor('far'), '1.0.0', 'through dependencies of dependencies')
  t.equal(versionFor('wild'), '2.0.0')
  t.equal(versionFor('near', `${url}|3.0.0-snapshot`), '3.0.0-snapshot', 'a pin wins')
  t.equal(versionFor('near', `${url}|9.9.9`), '1.0.0', 'a pin that is not loaded does not bind')
  t.equal(registry.resolve('ValueSet', `${url}|9.9.9`), undefined, 'nor is it met for a client')
  t.equal(versionFor('lone'), '2.0.0', 'the highest release, not the newer snapshot')
  const pinned = createRegistry({
    core,
    packages: archives,
    defaultVersions: { 'base.fr': '1.0.0' },
  })
  t.equal(pinned.resolve('ValueSet', url)?.version, '1.0.0')
  t.same(missingDependencies(archives), ['near#1.0.0 needs absent#1.0.0: not loaded'])
})

t.test('prefers an official package to our own statement of the same canonical', async (t) => {
  const folder = newFolder(t)
  const path = (name: string, file: object) =>
    writePackage(join(folder, name), { files: { 'ValueSet-a.json': file } })
  const own = await loadPackages([path('own', valueSet(url, '1.0.0', 'Own'))])
  const official = await loadPackages([path('official', valueSet(url, '1.0.0', 'Official'))])
  const registry = createRegistry({
    core,
    packages: official.archives,
    ownPackages: own.archives,
  })
  t.equal(registry.resolve('ValueSet', url)?.resource.name, 'Official')
  t.equal(registry.resolve('ValueSet', `${url}|1.0.0`)?.resource.name, 'Official')
  const alone = createRegistry({ core, ownPackages: own.archives })
  t.equal(alone.resolve('ValueSet', url)?.resource.name, 'Own')
  rmSync(folder, { recursive: true })
  t.equal(alone.resolve('ValueSet', url)?.resource.name, 'Own')
})

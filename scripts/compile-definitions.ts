/** Compiles the R4 definitions and our own packages into the cache, for the first start. */
import { loadCoreDefinitions } from '../src/conformance/definitions-cache.ts'
import { loadPackages } from '../src/conformance/package-loader.ts'

if (process.argv.includes('--help')) {
  process.stdout.write('compile-definitions [folder]: fills the definitions cache (.cache)\n')
} else {
  const cacheDir = process.argv[2] ?? '.cache'
  const begin = performance.now()
  const { entries } = loadCoreDefinitions({ cacheDir })
  const { archives } = await loadPackages(['profiles', 'terminologies'], { cacheDir })
  const own = archives.reduce((count, archive) => count + archive.entries.length, 0)
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  process.stdout.write(
    `${entries.length} R4 definitions and ${own} of our own ready in ${cacheDir} (${seconds} s)\n`,
  )
}

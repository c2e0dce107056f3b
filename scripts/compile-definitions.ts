/** Compiles the R4 definitions into the cache, so that the first start finds them there. */
import { loadCoreDefinitions } from '../src/conformance/definitions-cache.ts'

if (process.argv.includes('--help')) {
  process.stdout.write('compile-definitions [folder]: fills the definitions cache (.cache)\n')
} else {
  const cacheDir = process.argv[2] ?? '.cache'
  const begin = performance.now()
  const { entries } = loadCoreDefinitions({ cacheDir })
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  process.stdout.write(`${entries.length} R4 definitions ready in ${cacheDir} (${seconds} s)\n`)
}

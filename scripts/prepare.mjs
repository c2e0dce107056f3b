// Runs after `npm ci` on any Node: builds tap's runner (when tap is installed) and compiles the
// definitions into their cache. Must succeed with `--omit=dev`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  process.stdout.write(
    `prepare: Node ${process.versions.node} is older than 24; the caches are made at first start.\n`,
  )
  process.exit(0)
}
if (existsSync('node_modules/tap')) run('node_modules/tap/dist/esm/run.mjs', ['build'])
if (existsSync('scripts/compile-definitions.ts')) run('scripts/compile-definitions.ts', [])

function run(file, args) {
  const { status } = spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

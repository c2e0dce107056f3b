/** Reads the command line and starts a subcommand of cli/. */
import module from 'node:module'

const [major] = process.versions.node.split('.')

if (Number(major) < 24) {
  process.stderr.write(
    `Passerelle needs Node 24 or newer, and this is ${process.versions.node}. Run it with "npm start", which brings its own.\n`,
  )
  process.exit(1)
}

// Before the first import of ours, so that all of them come compiled from the second start on.
module.enableCompileCache()
const { runCommand } = await import('./cli/run-command.ts')
await runCommand(process.argv.slice(2))

/** Reads the command line and starts a subcommand of cli/. */
const [major] = process.versions.node.split('.')

if (Number(major) < 24) {
  process.stderr.write(
    `Passerelle needs Node 24 or newer, and this is ${process.versions.node}. Run it with "npm start", which brings its own.\n`,
  )
  process.exit(1)
}

const { runCommand } = await import('./cli/run-command.ts')
await runCommand(process.argv.slice(2))

export {}

/** The subcommands, by name. */
import { serve } from './serve.ts'
import { verifyAudit } from './verify-audit.ts'

interface Command {
  readonly summary: string
  readonly run: (argv: readonly string[]) => Promise<void>
}

const commands: Readonly<Record<string, Command>> = {
  serve: { summary: 'start the server', run: serve },
  'verify-audit': {
    summary: 'check the audit journal and name its first broken link',
    run: verifyAudit,
  },
}

export async function runCommand(argv: readonly string[]): Promise<void> {
  const [name = 'serve', ...rest] = argv
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command || name === '--help') {
    const lines = Object.entries(commands).map(
      ([key, { summary }]) => `  ${key.padEnd(14)} ${summary}`,
    )
    const text = `passerelle <command>\n\n${lines.join('\n')}\n`
    if (name === '--help') process.stdout.write(text)
    else {
      process.stderr.write(`"${name}" is no command of Passerelle.\n\n${text}`)
      process.exitCode = 2
    }
    return
  }
  await command.run(rest)
}

/** The subcommands, by name. */
import { serve } from './serve.ts'

interface Command {
  readonly summary: string
  readonly run: (argv: readonly string[]) => Promise<void>
}

const commands: Readonly<Record<string, Command>> = {
  serve: { summary: 'start the server', run: serve },
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

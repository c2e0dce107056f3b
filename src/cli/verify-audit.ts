/** `passerelle verify-audit [folder]`: checks the audit journal and names its first broken link. */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { verifyJournal, type ChainReport, type Witness } from '../audit/verify-journal.ts'
import { loadConfig } from '../config.ts'

const usage = `passerelle verify-audit [folder] [--anchor <records>:<hash>]

  folder    of the journal; that of STORE_URL when none is given
  --anchor  a head of the chain that was noted before, from the log; may be given several times
`

/** Exit code 1: a chain is broken; 2: there is nothing to check. */
export async function verifyAudit(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { anchor: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  const folder = positionals[0] ?? defaultFolder()
  if (!existsSync(folder)) {
    process.stderr.write(`There is no audit journal in ${folder}\n`)
    process.exitCode = 2
    return
  }
  const anchors = (values.anchor ?? []).map(parseAnchor)
  for (const report of verifyJournal(folder, { anchors })) tell(report)
}

function defaultFolder(): string {
  const { storeUrl } = loadConfig(process.env)
  return `${storeUrl.replace(/^\w+:/, '')}/audit`
}

function parseAnchor(text: string): Witness {
  const match = /^(\d+):([0-9a-f]{64})$/.exec(text)
  if (!match) throw new Error(`--anchor takes <records>:<hash>, not ${text}`)
  return { name: 'the anchor', records: Number(match[1]), hash: match[2]! }
}

function tell({ chain, records, segments, head, broken, isTorn }: ChainReport): void {
  if (broken) {
    const { file, offset, record, reason } = broken
    process.exitCode = 1
    process.stdout.write(
      `${chain}: BROKEN at record ${record} (${file}, byte ${offset}): ${reason}\n`,
    )
    process.stdout.write(`${chain}: ${record - 1} records before it are as they were written\n`)
    return
  }
  const files = `${segments} segment${segments === 1 ? '' : 's'}`
  process.stdout.write(
    `${chain}: ${records} records in ${files}, unbroken; head ${records}:${head}\n`,
  )
  if (isTorn) process.stdout.write(`${chain}: a write that a crash cut off stands at the end\n`)
}

/** What the demonstration prints: steps, requests and checks, in French. */

/** A check that did not hold, or a server that is not there: one sentence for the reader. */
export class DemoFailure extends Error {}

export interface Report {
  readonly checkCount: number
  heading(text: string): void
  step(text: string): void
  request(line: { request: string; status: number; milliseconds: number }): void
  /** Throws DemoFailure when the claim does not hold; `found` says what was there instead. */
  check(claim: string, holds: boolean, found?: string): void
  conclude(text: string): void
}

export interface ReportOptions {
  readonly write: (text: string) => void
  readonly isColoured: boolean
}

export function createReport({ write, isColoured }: ReportOptions): Report {
  const paint = (code: number, text: string) =>
    isColoured ? `\u001b[${code}m${text}\u001b[0m` : text
  const bold = (text: string) => paint(1, text)
  let steps = 0
  let checkCount = 0
  return {
    get checkCount() {
      return checkCount
    },
    heading: (text) => write(`${bold(text)}\n`),
    step: (text) => {
      steps += 1
      write(`\n${bold(`${steps}. ${text}`)}\n`)
    },
    request: ({ request, status, milliseconds }) =>
      write(paint(2, `   ${request}  →  ${status}  (${Math.round(milliseconds)} ms)`) + '\n'),
    check: (claim, holds, found) => {
      if (!holds) {
        write(`   ${paint(31, '✗')} ${claim}\n`)
        throw new DemoFailure(found === undefined ? claim : `${claim}. Trouvé : ${found}`)
      }
      checkCount += 1
      write(`   ${paint(32, '✓')} ${claim}\n`)
    },
    conclude: (text) => write(`\n${paint(32, text)}\n`),
  }
}

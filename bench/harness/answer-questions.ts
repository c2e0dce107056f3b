/** The other end of `Child.ask`, in the process under measurement. */
import type { Answer, Question } from './child.ts'

export type Answers = Readonly<Record<string, (value: never) => unknown>>

/** Keeps the process alive until it is stopped, or whoever asks is gone. */
export function answerQuestions(answers: Answers): void {
  process.on('message', (message: Question) => {
    void answer(answers, message).then((reply) => process.send?.(reply))
  })
  process.on('disconnect', () => process.exit())
}

async function answer(answers: Answers, { id, ask, value }: Question): Promise<Answer> {
  const handler = answers[ask]
  if (!handler) return { id, error: `nothing answers "${ask}"` }
  try {
    return { id, value: await handler(value as never) }
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** Whether a question is enabled by the answers to others. R4 questionnaire.html#enableWhen. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { objects } from './element-definition.ts'
import { compareValues } from './item-checks.ts'
import { isSameAnswer, valueOf, type Question } from './questionnaire.ts'

/** All answers of a response by linkId, wherever they stand. */
export type Answers = ReadonlyMap<string, readonly JsonValue[]>

export function collectAnswers(response: JsonObject): Answers {
  const answers = new Map<string, JsonValue[]>()
  const waiting: JsonObject[] = objects(response.item)
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    for (const inner of objects(item.item)) waiting.push(inner)
    for (const answer of objects(item.answer)) {
      for (const inner of objects(answer.item)) waiting.push(inner)
      const found = valueOf(answer)
      if (!found || typeof item.linkId !== 'string') continue
      const known = answers.get(item.linkId)
      if (known) known.push(found.value)
      else answers.set(item.linkId, [found.value])
    }
  }
  return answers
}

export function isEnabled({ enableWhen, needsAll }: Question, answers: Answers): boolean {
  if (enableWhen.length === 0) return true
  const holds = (condition: JsonObject) => isMet(condition, answers)
  return needsAll ? enableWhen.every(holds) : enableWhen.some(holds)
}

function isMet(condition: JsonObject, answers: Answers): boolean {
  const { question, operator } = condition
  const given = answers.get(typeof question === 'string' ? question : '') ?? []
  const wanted = valueOf(condition, 'answer')?.value
  if (operator === 'exists') return given.length > 0 === (wanted === true)
  if (wanted === undefined) return true
  if (operator === '=') return given.some((value) => isSameAnswer(value, wanted))
  if (operator === '!=') return !given.some((value) => isSameAnswer(value, wanted))
  return given.some((value) => isOrdered(value, wanted, String(operator)))
}

function isOrdered(value: JsonValue, wanted: JsonValue, operator: string): boolean {
  const order = compareValues(value, wanted)
  if (order === undefined) return false
  if (operator === '>') return order > 0
  if (operator === '<') return order < 0
  return operator === '>=' ? order >= 0 : order <= 0
}

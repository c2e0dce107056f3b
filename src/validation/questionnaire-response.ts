/** A QuestionnaireResponse against its Questionnaire. R4 questionnaireresponse.html. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { ValueSetTest } from '../terminology/value-set.ts'
import { objects } from './element-definition.ts'
import type { Engine } from './engine.ts'
import { checkAnswer, type AnswerContext } from './questionnaire-answers.ts'
import { collectAnswers, isEnabled, type Answers } from './questionnaire-enablement.ts'
import {
  isSameAnswer,
  readQuestionnaire,
  settingOf,
  valueOf,
  type Question,
  type Questionnaire,
} from './questionnaire.ts'
import { resolveCanonical } from './resolution.ts'
import type { Run } from './run.ts'

export function checkQuestionnaireResponse(response: JsonObject, run: Run, engine: Engine): void {
  const { questionnaire } = response
  if (typeof questionnaire !== 'string') return
  const definition = resolveCanonical('Questionnaire', questionnaire, run)
  if (!definition) {
    const unknown = `The questionnaire '${questionnaire}' could not be resolved`
    run.report('questionnaire-unknown', unknown)
    return
  }
  const whole = readQuestionnaire(definition)
  const context: Context = {
    whole,
    answers: collectAnswers(response),
    isInProgress: response.status === 'in-progress',
    run,
    answerContext: answerContext(definition, engine),
  }
  checkItems(response.item, whole.items, context)
}

interface Context {
  readonly whole: Questionnaire
  readonly answers: Answers
  readonly isInProgress: boolean
  readonly run: Run
  readonly answerContext: AnswerContext
}

/** Options come from the registry, or are contained in the questionnaire. */
function answerContext(questionnaire: JsonObject, engine: Engine): AnswerContext {
  const { terminology, registry } = engine
  const own = new Map<string, ValueSetTest | undefined>()
  return {
    registry,
    valueSet(canonical) {
      if (!canonical.startsWith('#')) return terminology.valueSetTest(canonical)
      if (!own.has(canonical)) {
        const found = objects(questionnaire.contained).find(
          ({ id }) => `#${String(id)}` === canonical,
        )
        own.set(canonical, found && terminology.testOf(found))
      }
      return own.get(canonical)
    },
  }
}

interface Placed {
  readonly item: JsonObject
  readonly index: number
}

/** The items of one level, at their parent, against the questions of that level. */
function checkItems(
  list: JsonValue | undefined,
  questions: readonly Question[],
  context: Context,
): void {
  const { run } = context
  if (!run.enter()) return
  const byLinkId = new Map<string, Placed[]>()
  let last = -1
  const items = Array.isArray(list) ? list : []
  items.forEach((item, index) => {
    if (!isObject(item) || typeof item.linkId !== 'string') return
    run.spend(1)
    const { linkId } = item
    const at = questions.findIndex((question) => question.linkId === linkId)
    if (at < 0) reportStray(item, index, linkId, context)
    else if (at < last) {
      run.reportAt(['item', index], 'questionnaire-answer', 'The items are out of order')
    }
    last = Math.max(last, at)
    if (at < 0) return
    const known = byLinkId.get(linkId)
    if (known) known.push({ item, index })
    else byLinkId.set(linkId, [{ item, index }])
  })
  for (const question of questions) {
    checkQuestion(question, byLinkId.get(question.linkId) ?? [], context)
  }
  run.leave()
}

function reportStray(item: JsonObject, index: number, linkId: string, context: Context): void {
  const { run, whole } = context
  const elsewhere = whole.byLinkId.get(linkId)
  if (!elsewhere) {
    run.report('questionnaire-link', `LinkId '${linkId}' not found in questionnaire`)
    return
  }
  run.report('questionnaire-answer', `The item '${linkId}' stands in the wrong place`)
  checkQuestion(elsewhere, [{ item, index }], context)
}

/** All items that answer one question; none where it is left out. */
function checkQuestion(question: Question, placed: readonly Placed[], context: Context): void {
  const { run } = context
  const enabled = isEnabled(question, context.answers)
  const isAnswered = placed.some(({ item }) => item.answer !== undefined || item.item !== undefined)
  if (!enabled) {
    if (isAnswered) reportDisabled(question, placed, run)
    return
  }
  if (placed.length === 0) reportAbsent(question, context)
  if (placed.length > 1 && !question.repeats) {
    const once = 'Only one response item with this linkId allowed'
    run.reportAt(['item', placed[1]!.index], 'questionnaire-answer', once)
  }
  for (const { item, index } of placed) {
    run.at(['item', index], () => checkItem(item, question, context))
  }
}

function reportDisabled({ linkId }: Question, placed: readonly Placed[], run: Run): void {
  const wrong = `Item has an answer, even though it is not enabled (linkId '${linkId}')`
  for (const { index } of placed) run.reportAt(['item', index], 'questionnaire-answer', wrong)
}

function reportAbsent(question: Question, { run, isInProgress }: Context): void {
  if (!question.isRequired || question.type === 'display') return
  const absent = `No response answer found for required item '${question.linkId}'`
  run.report('questionnaire-required', absent, isInProgress ? 'warning' : 'error')
}

function checkItem(item: JsonObject, question: Question, context: Context): void {
  const { run } = context
  const { text } = item
  if (typeof text === 'string' && text !== question.text) {
    const differs = `The text differs from the questionnaire's for '${question.linkId}'`
    run.report('questionnaire-answer', differs)
  }
  const answers = objects(item.answer)
  if (question.type === 'group' || question.type === 'display') {
    if (answers.length > 0) {
      run.report('questionnaire-answer', `An item of type ${question.type} has no answers`)
    }
    if (question.type === 'group') checkItems(item.item, question.items, context)
    return
  }
  checkAnswers(answers, question, context)
  if (item.item !== undefined) {
    run.report('questionnaire-answer', 'Items of a question stand below its answers')
  }
}

function checkAnswers(answers: JsonObject[], question: Question, context: Context): void {
  const { run, answerContext: inside } = context
  if (answers.length === 0) reportAbsent(question, context)
  if (answers.length > 1 && !question.repeats) {
    run.report('questionnaire-answer', 'Only one response answer item with this linkId allowed')
  }
  checkCount(answers.length, question, run)
  answers.forEach((answer, index) => {
    run.at(['answer', index], () => {
      checkAnswer(answer, question, run, inside)
      checkExclusive(answer, answers.length, question, run)
      checkItems(answer.item, question.items, context)
    })
  })
}

function checkCount(count: number, question: Question, run: Run): void {
  const min = settingOf(question, 'questionnaire-minOccurs')
  const max = settingOf(question, 'questionnaire-maxOccurs')
  if (typeof min === 'number' && count < min) {
    const few = `The minimum number of answers is ${min} but this has ${count} answers`
    run.report('questionnaire-answer', few)
  }
  if (typeof max === 'number' && count > max) {
    const many = `The maximum number of answers is ${max} but this has ${count} answers`
    run.report('questionnaire-answer', many)
  }
}

function checkExclusive(answer: JsonObject, count: number, question: Question, run: Run): void {
  const given = count > 1 ? valueOf(answer)?.value : undefined
  if (given === undefined) return
  const option = question.options.find(({ value }) => isSameAnswer(value, given))
  if (option?.isExclusive) {
    run.report('questionnaire-answer', 'An exclusive option is selected together with another')
  }
}

/** One answer against its question: type, options, bounds. R4 questionnaire.html#2.44.3. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { decimalText } from '../json/decimals.ts'
import { compilePattern } from '../terminology/linear-regex.ts'
import { decodedLength } from './data-type-checks.ts'
import type { Registry } from '../conformance/registry.ts'
import type { ValueSetTest } from '../terminology/value-set.ts'
import { extensionOf } from './element-definition.ts'
import { compareValues } from './item-checks.ts'
import { isSameAnswer, settingOf, settingsOf, valueOf, type Question } from './questionnaire.ts'
import { targetType } from './references.ts'
import { shown, type Run } from './run.ts'

const choiceTypes = ['Coding', 'Date', 'Time', 'Integer', 'String']

/** By item type: the value types an answer may have. */
const answerTypes: Readonly<Record<string, readonly string[]>> = {
  boolean: ['Boolean'],
  decimal: ['Decimal'],
  integer: ['Integer'],
  date: ['Date'],
  dateTime: ['DateTime'],
  time: ['Time'],
  string: ['String'],
  text: ['String'],
  url: ['Uri'],
  attachment: ['Attachment'],
  reference: ['Reference'],
  quantity: ['Quantity'],
  choice: choiceTypes,
  'open-choice': choiceTypes,
}

export interface AnswerContext {
  readonly registry: Registry
  /** The options of a question; undefined: not at hand. */
  readonly valueSet: (canonical: string) => ValueSetTest | undefined
}

/** At the answer; the path stands there. */
export function checkAnswer(
  answer: JsonObject,
  question: Question,
  run: Run,
  context: AnswerContext,
): void {
  const found = valueOf(answer)
  if (!found) return
  const allowed = answerTypes[question.type]
  run.path.push('value')
  if (allowed && !allowed.includes(found.type)) {
    const type = allowed.length === 1 ? allowed[0]!.toLowerCase() : allowed.join(' or ')
    wrong(run, `Answer value must be of the type ${type} not ${found.type}`)
  } else {
    checkOptions(found, question, run, context)
    checkText(found.value, question, run)
    checkBounds(found.value, question, run)
    checkDecimalPlaces(answer, question, run)
    checkComplexAnswer(found, question, run, context)
  }
  run.path.pop()
}

function wrong(run: Run, diagnostics: string): void {
  run.report('questionnaire-answer', diagnostics)
}

interface Answer {
  readonly type: string
  readonly value: JsonValue
}

function checkOptions(found: Answer, question: Question, run: Run, context: AnswerContext): void {
  const { options, answerValueSet } = question
  const isFreeText = question.type === 'open-choice' && found.type === 'String'
  if (isFreeText) return
  if (options.length > 0) {
    const alike = options.filter(({ type }) => type === found.type)
    if (!alike.some(({ value }) => isSameAnswer(value, found.value))) {
      const value = isObject(found.value) ? codeText(found.value) : shown(found.value)
      wrong(run, `The ${found.type.toLowerCase()} ${value} is not in the set of permitted values`)
    }
  } else if (answerValueSet !== undefined) {
    checkInValueSet(found, answerValueSet, run, context)
  }
}

function checkInValueSet(found: Answer, valueSet: string, run: Run, context: AnswerContext): void {
  if (!isObject(found.value) || found.type !== 'Coding') return
  const { code, system } = found.value
  if (typeof code !== 'string') return
  const test = context.valueSet(valueSet)
  const verdict = test?.(typeof system === 'string' ? system : undefined, code)
  if (verdict === false) {
    wrong(run, `The code ${codeText(found.value)} is not in the options value set ${valueSet}`)
  } else if (verdict === undefined) {
    run.report('binding-unchecked', `${codeText(found.value)} could not be checked: ${valueSet}`)
  }
}

function codeText({ system, code }: JsonObject): string {
  return `${typeof system === 'string' ? system : ''}#${typeof code === 'string' ? code : ''}`
}

function checkText(value: JsonValue, question: Question, run: Run): void {
  if (typeof value !== 'string' || !/^(?:string|text|url|open-choice)$/.test(question.type)) return
  const { maxLength } = question
  const minLength = settingOf(question, 'minLength')
  const { length } = [...value]
  if (typeof minLength === 'number' && length < minLength) {
    wrong(run, `The answer '${shown(value)}' is shorter than the minimum length of ${minLength}`)
  }
  if (maxLength !== undefined && length > maxLength) {
    wrong(run, `The answer '${shown(value)}' is longer than the maximum length of ${maxLength}`)
  }
  const regex = settingOf(question, 'regex')
  if (typeof regex === 'string' && compilePattern(regex)?.(value) === false) {
    wrong(run, `The answer '${shown(value)}' does not match the pattern ${regex}`)
  }
}

function checkBounds(value: JsonValue, question: Question, run: Run): void {
  const [min, max] = [settingOf(question, 'minValue'), settingOf(question, 'maxValue')]
  if (min !== undefined && (compareValues(value, min) ?? 0) < 0) {
    wrong(run, `The value ${shown(value)} is less than the allowed minimum of ${shown(min)}`)
  }
  if (max !== undefined && (compareValues(value, max) ?? 0) > 0) {
    wrong(run, `The value ${shown(value)} is greater than the allowed maximum of ${shown(max)}`)
  }
  checkQuantityBounds(value, question, run)
}

/** Counted as the number was written: 1.50 has two places. */
function checkDecimalPlaces(answer: JsonObject, question: Question, run: Run): void {
  const places = settingOf(question, 'maxDecimalPlaces')
  if (typeof places !== 'number' || typeof answer.valueDecimal !== 'number') return
  const text = decimalText(answer, 'valueDecimal')
  const given = /\.(\d+)/.exec(text)?.[1]?.length ?? 0
  if (given > places) wrong(run, `The value ${text} has more than ${places} decimal places`)
}

const SDC = 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-'

function checkQuantityBounds(value: JsonValue, question: Question, run: Run): void {
  if (!isObject(value)) return
  const boundOf = (name: string) =>
    extensionOf(question.source, `${SDC}${name}`)?.valueQuantity ?? settingOf(question, name)
  const [min, max] = [boundOf('minQuantity'), boundOf('maxQuantity')]
  if (min !== undefined && (compareValues(value, min) ?? 0) < 0) {
    wrong(run, `The quantity ${shown(value)} is less than the minimum ${shown(min)}`)
  }
  if (max !== undefined && (compareValues(value, max) ?? 0) > 0) {
    wrong(run, `The quantity ${shown(value)} is greater than the maximum ${shown(max)}`)
  }
}

function checkComplexAnswer(
  found: Answer,
  question: Question,
  run: Run,
  context: AnswerContext,
): void {
  if (!isObject(found.value)) return
  if (found.type === 'Quantity') checkUnit(found.value, question, run, context)
  else if (found.type === 'Attachment') checkFile(found.value, question, run)
  else if (found.type === 'Reference') checkTarget(found.value, question, run, context)
}

function checkUnit(
  quantity: JsonObject,
  question: Question,
  run: Run,
  context: AnswerContext,
): void {
  const options = settingsOf(question, 'questionnaire-unitOption')
  const isOption = options.some((option) => isSameAnswer(option, quantity))
  if (options.length > 0 && !isOption) {
    wrong(run, `The unit ${codeText(quantity)} is not one of the unit options`)
  }
  const valueSet = settingOf(question, 'questionnaire-unitValueSet')
  if (typeof valueSet !== 'string') return
  const { system, code } = quantity
  const verdict =
    typeof code === 'string' && typeof system === 'string'
      ? context.valueSet(valueSet)?.(system, code)
      : false
  if (verdict === false) {
    wrong(run, `The unit ${codeText(quantity)} is not in the unit value set ${valueSet}`)
  }
}

function checkFile({ contentType, size, data }: JsonObject, question: Question, run: Run): void {
  const types = settingsOf(question, 'mimeType')
  if (types.length > 0 && (typeof contentType !== 'string' || !types.includes(contentType))) {
    wrong(run, `The type ${shown(contentType)} is not one of ${types.map(shown).join(', ')}`)
  }
  const maxMegabytes = settingOf(question, 'maxSize')
  if (typeof maxMegabytes !== 'number') return
  const bytes = typeof data === 'string' ? decodedLength(data) : size
  if (typeof bytes === 'number' && bytes > maxMegabytes * 1024 * 1024) {
    wrong(run, `The file has ${bytes} bytes, more than ${maxMegabytes} MB`)
  }
}

function checkTarget(
  reference: JsonObject,
  question: Question,
  run: Run,
  context: AnswerContext,
): void {
  const types = settingsOf(question, 'questionnaire-referenceResource')
  const type = targetType(reference, context.registry, run)
  if (types.length > 0 && type !== undefined && !types.includes(type)) {
    wrong(run, `The answer points to ${type}, not to ${types.map(shown).join(' or ')}`)
  }
}

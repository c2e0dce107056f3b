/** A Questionnaire as its responses are checked against it. R4 questionnaire.html. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { extensionOf, objects, text } from './element-definition.ts'

export interface Question {
  readonly linkId: string
  readonly type: string
  readonly text: string | undefined
  readonly isRequired: boolean
  readonly repeats: boolean
  readonly maxLength: number | undefined
  readonly options: readonly AnswerOption[]
  readonly answerValueSet: string | undefined
  readonly enableWhen: readonly JsonObject[]
  readonly needsAll: boolean
  readonly items: readonly Question[]
  /** The item itself, for its extensions. */
  readonly source: JsonObject
}

export interface AnswerOption {
  readonly type: string
  readonly value: JsonValue
  readonly isExclusive: boolean
}

export interface Questionnaire {
  readonly items: readonly Question[]
  readonly byLinkId: ReadonlyMap<string, Question>
}

const EXTENSIONS = 'http://hl7.org/fhir/StructureDefinition/'
const DEPTH_MAX = 60

export function readQuestionnaire(resource: JsonObject): Questionnaire {
  const byLinkId = new Map<string, Question>()
  return { items: readQuestions(resource.item, byLinkId, 0), byLinkId }
}

function readQuestions(
  list: JsonValue | undefined,
  byLinkId: Map<string, Question>,
  depth: number,
): Question[] {
  if (depth > DEPTH_MAX) return []
  return objects(list).map((item) => {
    const question: Question = {
      linkId: text(item.linkId) ?? '',
      type: text(item.type) ?? '',
      text: text(item.text),
      isRequired: item.required === true,
      repeats: item.repeats === true,
      maxLength: typeof item.maxLength === 'number' ? item.maxLength : undefined,
      options: objects(item.answerOption).flatMap(readOption),
      answerValueSet: text(item.answerValueSet),
      enableWhen: objects(item.enableWhen),
      needsAll: item.enableBehavior === 'all',
      items: readQuestions(item.item, byLinkId, depth + 1),
      source: item,
    }
    byLinkId.set(question.linkId, question)
    return question
  })
}

function readOption(option: JsonObject): AnswerOption[] {
  const found = valueOf(option)
  if (!found) return []
  const exclusive = extensionOf(option, `${EXTENSIONS}questionnaire-optionExclusive`)
  return [{ ...found, isExclusive: exclusive?.valueBoolean === true }]
}

/** The `value[x]` of an answer or option, with its type as the name says it. */
export function valueOf(
  holder: JsonObject,
  prefix = 'value',
): { readonly type: string; readonly value: JsonValue } | undefined {
  for (const key in holder) {
    const type = key.startsWith(prefix) ? key.slice(prefix.length) : ''
    if (/^[A-Z]/.test(type)) return { type, value: holder[key]! }
  }
  return undefined
}

/** The value of an extension that an item may have once. */
export function settingOf({ source }: Question, name: string): JsonValue | undefined {
  const extension = extensionOf(source, EXTENSIONS + name)
  return extension && valueOf(extension)?.value
}

export function settingsOf({ source }: Question, name: string): readonly JsonValue[] {
  return objects(source.extension)
    .filter(({ url }) => url === EXTENSIONS + name)
    .flatMap((extension) => valueOf(extension)?.value ?? [])
}

/** Codings mean the same when system and code do; other values when they are equal texts. */
export function isSameAnswer(left: JsonValue, right: JsonValue): boolean {
  if (isObject(left) && isObject(right)) {
    if (left.reference !== undefined) return left.reference === right.reference
    return left.code === right.code && left.system === right.system
  }
  return left === right
}

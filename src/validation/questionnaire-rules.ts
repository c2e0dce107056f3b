/** Whether a Questionnaire can be answered as it is. R4 questionnaire.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { objects, text } from './element-definition.ts'
import type { Engine } from './engine.ts'
import { readQuestionnaire, valueOf, type Questionnaire } from './questionnaire.ts'
import { shown, type Run } from './run.ts'

export function checkQuestionnaire(resource: JsonObject, run: Run, engine: Engine): void {
  const order = new Map<string, number>()
  checkItems(resource, { whole: readQuestionnaire(resource), order, run, engine }, 0)
}

interface Context {
  readonly whole: Questionnaire
  /** linkIds met so far, in document order. */
  readonly order: Map<string, number>
  readonly run: Run
  readonly engine: Engine
}

const DEPTH_MAX = 60

function checkItems(parent: JsonObject, context: Context, depth: number): void {
  if (depth > DEPTH_MAX || !Array.isArray(parent.item)) return
  parent.item.forEach((item, index) => {
    if (!isObject(item)) return
    context.run.at(['item', index], () => {
      const linkId = text(item.linkId)
      if (linkId !== undefined) context.order.set(linkId, context.order.size)
      checkConditions(item, linkId, context)
      checkInitial(item, context)
      checkItems(item, context, depth + 1)
    })
  })
}

function checkConditions(item: JsonObject, linkId: string | undefined, context: Context): void {
  const { run, whole, order } = context
  objects(item.enableWhen).forEach((condition, index) => {
    const question = text(condition.question)
    if (question === undefined) return
    run.at(['enableWhen', index], () => {
      const target = whole.byLinkId.get(question)
      if (!target) {
        const lost = `The question '${shown(question)}' of this enableWhen is not there`
        run.report('definition-rule', lost)
      } else if (question === linkId) {
        run.report('definition-rule', 'An enableWhen cannot refer to its own question')
      } else if (!order.has(question)) {
        const late = `The question '${shown(question)}' comes after the one it enables`
        run.report('definition-advice', late)
      }
    })
  })
}

/** An initial Coding is one of the options. */
function checkInitial(item: JsonObject, { run, engine }: Context): void {
  const valueSet = text(item.answerValueSet)
  if (valueSet === undefined || item.type !== 'choice') return
  objects(item.initial).forEach((initial, index) => {
    const found = valueOf(initial)
    if (found?.type !== 'Coding' || !isObject(found.value)) return
    const { system, code } = found.value
    if (typeof system !== 'string' || typeof code !== 'string') return
    if (engine.terminology.memberOf(valueSet, { system, code }) === false) {
      const wrong = `The initial value ${system}#${code} is not one of the options ${valueSet}`
      run.reportAt(['initial', index], 'definition-rule', wrong)
    }
  })
}

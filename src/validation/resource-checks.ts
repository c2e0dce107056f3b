/** The checks in code that belong to whole resource types. */
import type { JsonObject } from '../fhir/resource.ts'
import type { Engine } from './engine.ts'
import { checkQuestionnaireResponse } from './questionnaire-response.ts'
import type { Run } from './run.ts'

export type ResourceCheck = (resource: JsonObject, run: Run, engine: Engine) => void

export const resourceChecks: Readonly<Record<string, ResourceCheck>> = {
  QuestionnaireResponse: checkQuestionnaireResponse,
}

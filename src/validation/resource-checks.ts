/** The checks in code that belong to whole resource types. */
import type { JsonObject } from '../fhir/resource.ts'
import { checkBundle } from './bundle.ts'
import { checkCapabilityStatement } from './capability-statement-rules.ts'
import { checkCodeSystem } from './code-system-rules.ts'
import { checkConceptMap } from './concept-map-rules.ts'
import type { Engine } from './engine.ts'
import { checkMeasureReport } from './measure-report.ts'
import { checkOperationDefinition } from './operation-definition-rules.ts'
import { checkQuestionnaire } from './questionnaire-rules.ts'
import { checkQuestionnaireResponse } from './questionnaire-response.ts'
import type { Run } from './run.ts'
import { checkSearchParameter } from './search-parameter-rules.ts'
import { checkStructureDefinition } from './structure-definition-rules.ts'
import { checkValueSet } from './value-set-rules.ts'

export type ResourceCheck = (resource: JsonObject, run: Run, engine: Engine) => void

export const resourceChecks: Readonly<Record<string, ResourceCheck>> = {
  Bundle: checkBundle,
  CapabilityStatement: checkCapabilityStatement,
  CodeSystem: checkCodeSystem,
  ConceptMap: checkConceptMap,
  MeasureReport: checkMeasureReport,
  SearchParameter: checkSearchParameter,
  StructureDefinition: checkStructureDefinition,
  ValueSet: checkValueSet,
  OperationDefinition: checkOperationDefinition,
  Questionnaire: checkQuestionnaire,
  QuestionnaireResponse: checkQuestionnaireResponse,
}

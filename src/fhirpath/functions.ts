/** The closed table of functions; what is not here is not covered. */
import { collectionFunctions } from './functions-collection.ts'
import { conversionFunctions } from './functions-conversion.ts'
import { existenceFunctions } from './functions-existence.ts'
import { fhirFunctions } from './functions-fhir.ts'
import { mathFunctions } from './functions-math.ts'
import { textFunctions } from './functions-text.ts'
import type { FunctionTable } from './function-definition.ts'

export const functions: FunctionTable = {
  ...existenceFunctions,
  ...collectionFunctions,
  ...textFunctions,
  ...conversionFunctions,
  ...mathFunctions,
  ...fhirFunctions,
}

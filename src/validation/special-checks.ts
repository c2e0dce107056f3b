/** The checks in code, by the type they belong to. */
import { codingCheck } from './codings.ts'
import {
  checkAttachment,
  checkIdentifier,
  checkMeta,
  checkPeriod,
  quantityCheck,
} from './data-type-checks.ts'
import type { Engine } from './engine.ts'
import { extensionCheck } from './extensions.ts'
import { checkNarrative } from './narrative.ts'
import { referenceCheck } from './references.ts'
import type { ObjectCheck } from './run.ts'

export function specialChecks(engine: Engine): (type: string) => ObjectCheck | undefined {
  const { registry, terminology } = engine
  const checkQuantity = quantityCheck(registry, terminology)
  const checks: ReadonlyMap<string, ObjectCheck> = new Map<string, ObjectCheck>([
    ['Extension', extensionCheck({ registry, extension: engine.extension })],
    ['Reference', referenceCheck(registry)],
    ['Coding', codingCheck(registry, terminology)],
    ['Narrative', checkNarrative],
    ['Meta', checkMeta],
    ['Identifier', checkIdentifier],
    ['Period', checkPeriod],
    ['Attachment', checkAttachment],
    ['Quantity', checkQuantity],
    ['Age', checkQuantity],
    ['Count', checkQuantity],
    ['Distance', checkQuantity],
    ['Duration', checkQuantity],
  ])
  return (type) => checks.get(type)
}

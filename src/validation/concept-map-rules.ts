/** Codes of a ConceptMap against its systems and value sets. R4 conceptmap.html. */
import type { Step } from '../fhir/element-path.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { objects, text } from './element-definition.ts'
import type { Engine } from './engine.ts'
import type { Run } from './run.ts'

export function checkConceptMap(map: JsonObject, run: Run, engine: Engine): void {
  const from = text(map.sourceCanonical) ?? text(map.sourceUri)
  const to = text(map.targetCanonical) ?? text(map.targetUri)
  objects(map.group).forEach((group, at) => {
    const [source, target] = [text(group.source), text(group.target)]
    objects(group.element).forEach((element, index) => {
      const place = ['group', at, 'element', index]
      checkCode(element, place, { system: source, valueSet: from, side: 'source' }, run, engine)
      objects(element.target).forEach((one, nth) => {
        const steps = [...place, 'target', nth]
        checkCode(one, steps, { system: target, valueSet: to, side: 'target' }, run, engine)
      })
    })
  })
}

interface Side {
  readonly system: string | undefined
  readonly valueSet: string | undefined
  readonly side: 'source' | 'target'
}

function checkCode(
  { code }: JsonObject,
  steps: readonly Step[],
  { system, valueSet, side }: Side,
  run: Run,
  { terminology }: Engine,
): void {
  if (typeof code !== 'string' || system === undefined) return
  // A code of a system that is not at hand may belong to the value set in another version.
  const exists = terminology.isCodeOf(system, code)
  if (exists === false) {
    const wrong = `The ${side} code '${code}' is not valid in the code system ${system}`
    run.reportAt([...steps, 'code'], 'definition-rule', wrong)
  } else if (
    exists &&
    valueSet !== undefined &&
    terminology.memberOf(valueSet, { system, code }) === false
  ) {
    const wrong = `The ${side} code '${code}' is not valid in the value set ${valueSet}`
    run.reportAt([...steps, 'code'], 'definition-rule', wrong)
  }
}

/** The invariants of loaded definitions as rules that have a page: their own words and expression. */
import type { DefinitionArchive } from '../conformance/definition-archive.ts'
import { isObject, type JsonObject, type JsonValue } from '../fhir/resource.ts'
import type { RuleText } from '../fhir/rule-text.ts'

/**
 * One text for each key, from the first definition that has it. Definitions are parsed one by one
 * and let go, and the event loop has its turn between them.
 */
export async function collectInvariantTexts(
  archives: readonly DefinitionArchive[],
): Promise<readonly RuleText[]> {
  const texts = new Map<string, RuleText>()
  for (const archive of archives) {
    for (const entry of archive.entries) {
      if (entry.kind !== 'StructureDefinition') continue
      for (const constraint of constraintsOf(archive.read(entry)))
        addText(texts, constraint, entry.url)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return [...texts.values()].toSorted((a, b) => collator.compare(a.key, b.key))
}

const collator = new Intl.Collator('en', { numeric: true })

function* constraintsOf({ snapshot, differential }: JsonObject): Generator<JsonObject> {
  for (const view of [snapshot, differential]) {
    const elements = isObject(view) ? objectsIn(view.element) : []
    for (const element of elements) yield* objectsIn(element.constraint)
  }
}

function objectsIn(value: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function addText(texts: Map<string, RuleText>, constraint: JsonObject, url: string): void {
  const { key, human, expression, source } = constraint
  if (typeof key !== 'string' || texts.has(key)) return
  const words = typeof human === 'string' ? human : key
  const isEvaluated = typeof expression === 'string'
  texts.set(key, {
    key,
    // The words are HL7's or the guide's own; a translation of ours would be another rule.
    title: { fr: words, en: words },
    cause: isEvaluated
      ? {
          fr: `L’expression FHIRPath de cette règle n’est pas vraie : ${expression}`,
          en: `The FHIRPath expression of this rule is not true: ${expression}`,
        }
      : { fr: 'La règle n’est dite qu’en mots.', en: 'The rule is stated in words only.' },
    cure: {
      fr: 'Corrigez l’élément que nomme « expression » dans l’OperationOutcome, pour que la règle soit vraie.',
      en: 'Correct the element that "expression" names in the OperationOutcome, so that the rule holds.',
    },
    source: typeof source === 'string' ? source : url,
  })
}

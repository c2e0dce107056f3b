/**
 * Where R4 4.0.1 itself is wrong and later releases, or the HL7 validator, correct it. Each entry is
 * known by the text that is replaced, so that a corrected package is left as it is.
 */

const expressions: ReadonlyMap<string, string> = new Map([
  // bdl-8 leaves entries without a fullUrl undecided.
  [
    "fullUrl.contains('/_history/').not()",
    "fullUrl.empty() or fullUrl.contains('/_history/').not()",
  ],
  // opd-3 forgets that a parameter may be a resource of a profile.
  [
    "targetProfile.exists() implies (type = 'Reference' or type = 'canonical')",
    "targetProfile.exists() implies (type = 'Reference' or type = 'canonical' or type.matches('^[A-Z].*'))",
  ],
  // que-12 says "more than one".
  [
    'enableWhen.count() > 2 implies enableBehavior.exists()',
    'enableWhen.count() >= 2 implies enableBehavior.exists()',
  ],
  // ras-2 fails where there is no probability.
  [
    'probability is decimal implies (probability as decimal) <= 100',
    'probability.empty() or ((probability is decimal) implies ((probability as decimal) <= 100))',
  ],
  // vs-3 takes values for truth values.
  [
    '(component.empty() and hasMember.empty()) implies (dataAbsentReason or value)',
    '(component.empty() and hasMember.empty()) implies (dataAbsentReason.exists() or value.exists())',
  ],
  [
    'isModifier implies isModifierReason.exists()',
    '(isModifier.exists() and isModifier) implies isModifierReason.exists()',
  ],
  // tim-9 asks `in` of several items at once.
  [
    "offset.empty() or (when.exists() and ((when in ('C' | 'CM' | 'CD' | 'CV')).not()))",
    "offset.empty() or (when.exists() and when.where($this in ('C' | 'CM' | 'CD' | 'CV')).empty())",
  ],
  [
    "differential.element.all(id) and differential.element.id.trace('ids').isDistinct()",
    'differential.element.all(id.exists()) and differential.element.id.isDistinct()',
  ],
  [
    "snapshot.element.all(id) and snapshot.element.id.trace('ids').isDistinct()",
    'snapshot.element.all(id.exists()) and snapshot.element.id.isDistinct()',
  ],
])

export function correctedExpression(text: string): string {
  return expressions.get(text) ?? text
}

/** Bindings that R4 states as required and its own examples and successors break. */
const extensibleInFact: ReadonlySet<string> = new Set([
  'http://hl7.org/fhir/ValueSet/ucum-vitals-common|4.0.1',
  'http://hl7.org/fhir/ValueSet/hl7-work-group|4.0.1',
  'http://hl7.org/fhir/ValueSet/guide-parameter-code|4.0.1',
])

export function correctedStrength(strength: string, valueSet: string): string {
  return strength === 'required' && extensibleInFact.has(valueSet) ? 'extensible' : strength
}

/** Contexts that the extensions pack has added to definitions of R4 core. */
const widerContexts: Readonly<Record<string, readonly string[]>> = {
  'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type': [
    'ElementDefinition.type',
  ],
  'http://hl7.org/fhir/StructureDefinition/structuredefinition-normative-version': ['Element'],
  'http://hl7.org/fhir/StructureDefinition/valueset-concept-comments': ['CodeSystem.concept'],
  'http://hl7.org/fhir/StructureDefinition/regex': ['ElementDefinition', 'ElementDefinition.type'],
}

export function addedContexts(extension: string): readonly string[] {
  return widerContexts[extension] ?? []
}

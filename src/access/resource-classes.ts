/**
 * Which rules a resource type follows (decision 82), a row for each class. The matrix test takes its
 * expectations from this table.
 */

export type ResourceClass =
  /** In the Patient compartment, and what belongs to a patient's document: the documents' rules. */
  | 'patient'
  /** Definitions and directories: read by any authenticated caller, written by the operator. */
  | 'directory'
  /** All others: the operator alone. */
  | 'operator'

const directoryTypes: ReadonlySet<string> = new Set([
  'ActivityDefinition',
  'CapabilityStatement',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'Endpoint',
  'GraphDefinition',
  'HealthcareService',
  'ImplementationGuide',
  'InsurancePlan',
  'Library',
  'Location',
  'Measure',
  'Medication',
  'MedicationKnowledge',
  'MessageDefinition',
  'NamingSystem',
  'OperationDefinition',
  'Organization',
  'OrganizationAffiliation',
  'PlanDefinition',
  'Practitioner',
  'PractitionerRole',
  'Questionnaire',
  'SearchParameter',
  'SpecimenDefinition',
  'StructureDefinition',
  'StructureMap',
  'Substance',
  'TerminologyCapabilities',
  'ValueSet',
])

/** Types that hold a patient's data though the compartment does not list them. */
const alsoPatientTypes: ReadonlySet<string> = new Set(['Binary', 'Bundle', 'Device'])

/** `isInCompartment`: whether CompartmentDefinition/patient lists the type with a parameter. */
export function resourceClassOf(type: string, isInCompartment: boolean): ResourceClass {
  if (directoryTypes.has(type)) return 'directory'
  return type === 'Patient' || isInCompartment || alsoPatientTypes.has(type)
    ? 'patient'
    : 'operator'
}

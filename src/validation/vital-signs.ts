/** The R4 vital-signs profiles that apply by LOINC code, named or not. R4 observation-vitalsigns.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { objects } from './element-definition.ts'

const PREFIX = 'http://hl7.org/fhir/StructureDefinition/'

const profiles: ReadonlyMap<string, string> = new Map([
  ['85353-1', 'vitalspanel'],
  ['9279-1', 'resprate'],
  ['8867-4', 'heartrate'],
  ['2708-6', 'oxygensat'],
  ['8310-5', 'bodytemp'],
  ['8302-2', 'bodyheight'],
  ['9843-4', 'headcircum'],
  ['29463-7', 'bodyweight'],
  ['39156-5', 'bmi'],
  ['85354-9', 'bp'],
  // Noninvasive systolic and diastolic pressure, as the HL7 validator takes them.
  ['76534-7', 'bp'],
  ['76535-4', 'bp'],
])

export function vitalSignsProfiles(resource: JsonObject): readonly string[] {
  if (resource.resourceType !== 'Observation' || !isObject(resource.code)) return []
  const found = new Set<string>()
  for (const { system, code } of objects(resource.code.coding)) {
    if (system !== 'http://loinc.org' || typeof code !== 'string') continue
    const name = profiles.get(code)
    if (name !== undefined) found.add(PREFIX + name)
  }
  return [...found]
}

/** Builds the type models of an R4 type and of its backbone elements from its snapshot. */
import { isObject, type JsonObject } from '../fhir/resource.ts'
import type { ElementModel, StructureDefinition, TypeModel } from './registry.ts'

/** Finds the one code system of a value set; undefined when there are several or none. */
export type CodeSystemOf = (valueSet: string) => string | undefined

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'
const SYSTEM_TYPE = 'http://hl7.org/fhirpath/System.'

/** By type name: the type itself (`Patient`) and its backbones (`Patient.contact`). */
export function buildTypeModels(
  definition: StructureDefinition,
  codeSystemOf: CodeSystemOf,
): ReadonlyMap<string, TypeModel> {
  const parents = new Map<string, { base: string | undefined; elements: ElementModel[] }>()
  const rootBase = lastSegment(definition.baseDefinition)
  parents.set(definition.type, { base: rootBase, elements: [] })
  for (const element of snapshotElements(definition)) {
    const path = String(element.path)
    const cut = path.lastIndexOf('.')
    if (cut < 0) continue
    const parent = parents.get(path.slice(0, cut))
    if (!parent) continue
    const code = typeCodes(element)[0]
    if (isBackbone(code, element)) parents.set(path, { base: code, elements: [] })
    parent.elements.push(...elementModels(element, codeSystemOf))
  }
  const models = new Map<string, TypeModel>()
  for (const [type, { base, elements }] of parents) {
    const kind = type === definition.type ? kindOf(definition) : 'complex-type'
    models.set(type, { type, kind, ...(base ? { base } : {}), ...byName(elements) })
  }
  return models
}

function kindOf({ kind }: StructureDefinition): TypeModel['kind'] {
  return kind === 'logical' ? 'complex-type' : kind
}

function byName(elements: readonly ElementModel[]): Pick<TypeModel, 'elements' | 'paths'> {
  const paths = new Map<string, ElementModel[]>()
  for (const element of elements) {
    const alternatives = paths.get(element.pathName)
    if (alternatives) alternatives.push(element)
    else paths.set(element.pathName, [element])
  }
  return { elements: new Map(elements.map((element) => [element.name, element])), paths }
}

/** One model for a plain element, one for each type of a choice. */
function elementModels(element: JsonObject, codeSystemOf: CodeSystemOf): ElementModel[] {
  const path = String(element.path)
  const last = path.slice(path.lastIndexOf('.') + 1)
  const isChoice = last.endsWith('[x]')
  const pathName = isChoice ? last.slice(0, -3) : last
  const isArray = element.max !== '1' && element.max !== '0'
  return elementTypes(element).map((type) => {
    const codeSystem = type === 'code' ? boundSystem(element, codeSystemOf) : undefined
    return {
      name: isChoice ? pathName + type[0]!.toUpperCase() + type.slice(1) : last,
      pathName,
      type,
      isArray,
      isChoice,
      ...(codeSystem ? { codeSystem } : {}),
    }
  })
}

function elementTypes(element: JsonObject): string[] {
  if (typeof element.contentReference === 'string')
    return [element.contentReference.slice(element.contentReference.indexOf('#') + 1)]
  const codes = typeCodes(element)
  if (isBackbone(codes[0], element)) return [String(element.path)]
  return codes.map((code, index) => fhirType(code, element, index))
}

/** `System.String` is named by the FHIR type it stands for; the value of a primitive by its own. */
function fhirType(code: string, element: JsonObject, index: number): string {
  if (!code.startsWith(SYSTEM_TYPE)) return code
  const base = isObject(element.base) ? String(element.base.path) : ''
  // HL7's 4.0.1 says string here; R4 resource.html#id says id.
  if (base === 'Resource.id') return 'id'
  if (/^[a-z]\w*\.value$/.test(base)) return code.slice(SYSTEM_TYPE.length - 'System.'.length)
  const type = (element.type as JsonObject[])[index]
  const extensions = Array.isArray(type?.extension) ? type.extension.filter(isObject) : []
  const named = extensions.find((extension) => extension.url === FHIR_TYPE)
  return typeof named?.valueUrl === 'string' ? named.valueUrl : 'string'
}

function typeCodes(element: JsonObject): string[] {
  if (!Array.isArray(element.type)) return []
  return element.type.filter(isObject).map((type) => String(type.code))
}

/** An element whose children are listed below it: they make a type of their own. */
function isBackbone(code: string | undefined, element: JsonObject): code is string {
  const isRoot = !String(element.path).includes('.')
  return !isRoot && (code === 'BackboneElement' || code === 'Element')
}

function boundSystem(element: JsonObject, codeSystemOf: CodeSystemOf): string | undefined {
  const { binding } = element
  if (!isObject(binding) || binding.strength !== 'required') return undefined
  return typeof binding.valueSet === 'string' ? codeSystemOf(binding.valueSet) : undefined
}

function snapshotElements(definition: StructureDefinition): JsonObject[] {
  const { snapshot } = definition
  if (!isObject(snapshot) || !Array.isArray(snapshot.element)) return []
  return snapshot.element.filter(isObject)
}

function lastSegment(canonical: unknown): string | undefined {
  return typeof canonical === 'string' ? canonical.slice(canonical.lastIndexOf('/') + 1) : undefined
}

/** What the compiler needs to know of FHIR types; Registry.typeModel satisfies it. */

export interface ElementModel {
  readonly name: string
  readonly pathName: string
  readonly type: string
  readonly isArray: boolean
  readonly isChoice: boolean
}

export interface TypeModel {
  readonly type: string
  readonly kind: 'primitive-type' | 'complex-type' | 'resource'
  readonly base?: string
  readonly elements: ReadonlyMap<string, ElementModel>
  readonly paths: ReadonlyMap<string, readonly ElementModel[]>
}

export type TypeModelLookup = (type: string) => TypeModel | undefined

/** The System type that each FHIR primitive becomes. http://hl7.org/fhir/R4/fhirpath.html#types */
const SYSTEM_TYPES: Readonly<Record<string, string>> = {
  boolean: 'Boolean',
  string: 'String',
  uri: 'String',
  url: 'String',
  canonical: 'String',
  oid: 'String',
  uuid: 'String',
  code: 'String',
  id: 'String',
  markdown: 'String',
  base64Binary: 'String',
  xhtml: 'String',
  integer: 'Integer',
  unsignedInt: 'Integer',
  positiveInt: 'Integer',
  decimal: 'Decimal',
  date: 'Date',
  dateTime: 'DateTime',
  instant: 'DateTime',
  time: 'Time',
}

const PRIMITIVE_BASES: Readonly<Record<string, string>> = {
  url: 'uri',
  canonical: 'uri',
  oid: 'uri',
  uuid: 'uri',
  code: 'string',
  id: 'string',
  markdown: 'string',
  unsignedInt: 'integer',
  positiveInt: 'integer',
}

const SYSTEM_TYPE_NAMES = new Set([...Object.values(SYSTEM_TYPES), 'Quantity'])

export function isPrimitiveType(type: string): boolean {
  return type in SYSTEM_TYPES
}

export function isSystemTypeName(name: string): boolean {
  return SYSTEM_TYPE_NAMES.has(name)
}

/** `String` of `code`; undefined of a complex type. */
export function systemTypeOf(fhirType: string): string | undefined {
  return SYSTEM_TYPES[fhirType]
}

/** `string` of `System.String` and of its URL form, which R4 gives `id` elements. */
export function plainTypeName(type: string): string {
  const at = type.lastIndexOf('System.')
  if (at < 0) return type
  const name = type.slice(at + 'System.'.length)
  return name === 'DateTime' ? 'dateTime' : name.toLowerCase()
}

/** Whether a type is the named one or derives from it. */
export function isTypeA(typeModel: TypeModelLookup, type: string, ancestor: string): boolean {
  for (let at: string | undefined = type; at !== undefined; at = baseOf(typeModel, at)) {
    if (at === ancestor) return true
  }
  return false
}

function baseOf(typeModel: TypeModelLookup, type: string): string | undefined {
  const primitive = PRIMITIVE_BASES[type]
  if (primitive !== undefined) return primitive
  if (type in SYSTEM_TYPES) return 'Element'
  const base = typeModel(type)?.base
  if (base !== undefined && base !== type) return base
  if (type.includes('.')) return 'BackboneElement'
  return type === 'BackboneElement' ? 'Element' : undefined
}

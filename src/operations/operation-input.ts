/** The Parameters of an operation, read by name. R4 parameters.html. */
import type { PartyIdentifier, TimeSpan } from '../access/access-record.ts'
import { InvalidRequest } from '../errors.ts'
import { parsePeriod } from '../fhir/date-time.ts'
import { isObject, type JsonObject, type Resource } from '../fhir/resource.ts'

const professionalSystems = ['https://rpps.esante.gouv.fr']
const organizationSystems = ['https://finess.esante.gouv.fr']
const idnps = 'urn:oid:1.2.250.1.71.4.2.1'
const idnst = 'urn:oid:1.2.250.1.71.4.2.2'

/** Throws InvalidRequest naming the operation and the parameter for whatever is missing or wrong. */
export class OperationInput {
  readonly #operation: string
  readonly #parameters: readonly JsonObject[]

  constructor(operation: string, body: Resource | undefined) {
    this.#operation = operation
    if (body !== undefined && body.resourceType !== 'Parameters') {
      throw new InvalidRequest(
        `$${operation} takes a Parameters resource, not a ${body.resourceType}`,
        { expression: 'resourceType' },
      )
    }
    const parameter = body?.parameter ?? []
    if (!Array.isArray(parameter) || !parameter.every(isObject)) {
      throw new InvalidRequest('Parameters.parameter must be a list of objects', {
        expression: 'Parameters.parameter',
      })
    }
    this.#parameters = parameter as JsonObject[]
  }

  /** Throws for parameters that the operation does not know. */
  allowOnly(...names: readonly string[]): void {
    for (const { name } of this.#parameters) {
      if (!names.includes(String(name)))
        throw this.#fault(String(name), 'is not known to this operation')
    }
  }

  has(name: string): boolean {
    return this.#one(name) !== undefined
  }

  text(name: string): string {
    const value = textOf(this.#one(name))
    if (typeof value !== 'string' || value.trim() === '')
      throw this.#fault(name, 'is missing, or is no text')
    return value.trim()
  }

  texts(name: string): readonly string[] {
    return this.#parameters
      .filter((parameter) => parameter.name === name)
      .map((parameter) => {
        const value = textOf(parameter)
        if (typeof value !== 'string') throw this.#fault(name, 'must be a code')
        return value
      })
  }

  oneOf<const T extends string>(name: string, values: readonly T[]): T {
    const text = this.text(name)
    if (!values.includes(text as T)) throw this.#fault(name, `must be one of ${values.join(', ')}`)
    return text as T
  }

  /** `professional` (RPPS) or `organization` (FINESS), as `system|value`. */
  party(): PartyIdentifier {
    const professional = this.#one('professional')
    const organization = this.#one('organization')
    if ((professional === undefined) === (organization === undefined)) {
      throw this.#fault('professional', 'or organization is needed: exactly one of them')
    }
    return professional
      ? this.#identifier('professional', professional, professionalSystems, idnps)
      : this.#identifier('organization', organization!, organizationSystems, idnst)
  }

  professional(): PartyIdentifier {
    const professional = this.#one('professional')
    if (!professional) throw this.#fault('professional', 'is missing')
    return this.#identifier('professional', professional, professionalSystems, idnps)
  }

  /** The id of the Patient that a Reference names. */
  person(name: string): string {
    const reference = this.#one(name)?.valueReference
    const text = isObject(reference) ? reference.reference : undefined
    const id =
      typeof text === 'string' ? /^Patient\/([A-Za-z0-9\-.]{1,64})$/.exec(text)?.[1] : undefined
    if (id === undefined)
      throw this.#fault(name, 'must be a Reference to a Patient: {"reference": "Patient/..."}')
    return id
  }

  /** From now, without an end, when it is not given. */
  period(now: number): TimeSpan {
    const given = this.#one('period')?.valuePeriod
    if (given === undefined) return { start: now }
    if (!isObject(given)) throw this.#fault('period', 'must be a Period')
    const start = this.#instant(given.start, 'low') ?? now
    const end = this.#instant(given.end, 'high')
    if (end !== undefined && end <= start) throw this.#fault('period', 'ends before it starts')
    return end === undefined ? { start } : { start, end }
  }

  #instant(value: unknown, side: 'low' | 'high'): number | undefined {
    if (value === undefined) return undefined
    const period = typeof value === 'string' ? parsePeriod(value) : undefined
    if (!period) throw this.#fault('period', 'has a start or end that is no date')
    return period[side]
  }

  /** A national identifier in its one form: an IDNPS or IDNST loses its prefix. */
  #identifier(
    name: string,
    parameter: JsonObject,
    systems: readonly string[],
    prefixed: string,
  ): PartyIdentifier {
    const identifier = parameter.valueIdentifier
    if (!isObject(identifier) || typeof identifier.value !== 'string')
      throw this.#fault(name, 'must be an Identifier with system and value')
    const { system, value } = identifier
    if (system === prefixed) return `${systems[0]}|${value.slice(1)}`
    if (typeof system !== 'string' || !systems.includes(system)) {
      throw this.#fault(name, `must have the system ${systems.join(' or ')} (or ${prefixed})`)
    }
    return `${system}|${value}`
  }

  #one(name: string): JsonObject | undefined {
    const found = this.#parameters.filter((parameter) => parameter.name === name)
    if (found.length > 1) throw this.#fault(name, 'may stand once')
    return found[0]
  }

  #fault(name: string, what: string): InvalidRequest {
    return new InvalidRequest(`$${this.#operation}: the parameter "${name}" ${what}`, {
      expression: `Parameters.parameter.where(name='${name}')`,
    })
  }
}

/** No definition says which type these parameters have: every type that is a text or a code serves. */
function textOf(parameter: JsonObject | undefined): unknown {
  if (!parameter) return undefined
  const { valueCoding: coding, valueCodeableConcept: concept } = parameter
  if (isObject(coding)) return coding.code
  if (isObject(concept)) {
    const [first] = Array.isArray(concept.coding) ? concept.coding : []
    return isObject(first) && first.code !== undefined ? first.code : concept.text
  }
  const { valueString, valueCode, valueUri, valueUrl, valueId, valueMarkdown } = parameter
  return valueString ?? valueCode ?? valueUri ?? valueUrl ?? valueId ?? valueMarkdown
}

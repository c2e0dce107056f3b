/** Rules of data types that their snapshots state in prose or that code checks faster. R4 datatypes.html. */
import { createHash } from 'node:crypto'
import type { Registry } from '../conformance/registry.ts'
import { parsePeriod } from '../fhir/date-time.ts'
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { placeholderIndex } from '../json/parsed-body.ts'
import type { Terminology } from '../terminology/terminology.ts'
import { isAbsoluteUri, isValueSet } from './codings.ts'
import { shown, type ObjectCheck, type Run } from './run.ts'

export function checkIdentifier({ system, value }: JsonObject, run: Run): void {
  if (typeof system !== 'string') return
  if (!isAbsoluteUri(system)) {
    const wrong = `Identifier.system must be an absolute reference, not '${shown(system)}'`
    run.reportAt(['system'], 'identifier-system', wrong)
  } else if (system === 'urn:ietf:rfc:3986' && typeof value === 'string') {
    checkUriIdentifier(value, run)
  }
}

function checkUriIdentifier(value: string, run: Run): void {
  if (!isAbsoluteUri(value)) {
    const wrong = `With the system urn:ietf:rfc:3986 the value must be a full URI, not '${shown(value)}'`
    run.reportAt(['value'], 'identifier-value', wrong)
  }
}

/** Labels are a set, and system and code say which is which. R4 resource-operation-meta-add.html. */
export function checkMeta({ security }: JsonObject, run: Run): void {
  if (!Array.isArray(security) || security.length < 2) return
  const seen = new Set<string>()
  security.forEach((label, index) => {
    if (!isObject(label) || typeof label.code !== 'string') return
    const name = `${typeof label.system === 'string' ? label.system : ''}#${label.code}`
    if (seen.has(name)) {
      const twice = `The security label ${shown(name)} is there twice`
      run.reportAt(['security', index], 'security-label-repeated', twice)
    }
    seen.add(name)
  })
}

/** per-1: the start is not after the end. */
export function checkPeriod({ start, end }: JsonObject, run: Run): void {
  if (typeof start !== 'string' || typeof end !== 'string') return
  if (start === end || start < end.slice(0, 4)) return
  const { timeZone } = run.options
  const [from, to] = [parsePeriod(start, timeZone), parsePeriod(end, timeZone)]
  if (from && to && from.low >= to.high) {
    run.reportInvariant(
      'per-1',
      'error',
      `If present, start SHALL have a lower value than end (${start}, ${end})`,
    )
  }
}

/** What is stated of the data is true of it; a document of its own is checked where it is stored. */
export function checkAttachment({ data, size, hash }: JsonObject, run: Run): void {
  if (typeof data !== 'string' || placeholderIndex(data) !== undefined) return
  if (typeof size === 'number') {
    const real = decodedLength(data)
    if (real !== size) {
      const wrong = `Stated attachment size ${size} does not match actual size ${real}`
      run.report('attachment-size', wrong)
    }
  }
  if (typeof hash === 'string') checkHash(data, hash, run)
}

function checkHash(data: string, hash: string, run: Run): void {
  const real = createHash('sha1').update(Buffer.from(data, 'base64')).digest()
  if (real.equals(Buffer.from(hash, 'base64'))) return
  const wrong = `Stated attachment hash '${shown(hash)}' does not match actual hash '${real.toString('base64')}'`
  run.report('attachment-hash', wrong)
}

/** How many bytes base64 text stands for. */
export function decodedLength(text: string): number {
  let digits = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 32 && code !== 61) digits++
  }
  return Math.floor((digits * 3) / 4)
}

/** The system of a Quantity's unit is one, and the unit's code exists in it. */
export function quantityCheck(registry: Registry, terminology: Terminology): ObjectCheck {
  return ({ system, code }, run) => {
    if (typeof system !== 'string') return
    if (!isAbsoluteUri(system)) {
      const wrong = `Quantity.system must be an absolute reference, not '${shown(system)}'`
      run.reportAt(['system'], 'coding-system', wrong)
    } else if (isValueSet(system, registry)) {
      const wrong = `The Quantity references a value set, not a code system ('${shown(system)}')`
      run.reportAt(['system'], 'coding-system', wrong)
    } else if (typeof code !== 'string') return
    else if (terminology.isCodeOf(system, code) === false) {
      run.reportAt(['code'], 'unknown-code', `'${shown(code)}' is not a valid code of ${system}`)
    }
  }
}

/** sqty-1, of SimpleQuantity. */
export function checkSimpleQuantity({ comparator }: JsonObject, run: Run): void {
  if (comparator !== undefined) {
    run.reportInvariant('sqty-1', 'error', 'The comparator is not used on a SimpleQuantity')
  }
}

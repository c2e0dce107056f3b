/** Says what is wrong with a value that its primitive type refuses. */
import type { JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { textLengthMax } from './primitives.ts'
import type { PrimitiveType } from './primitives.ts'
import { shown, type Run } from './run.ts'

interface PrimitiveElement {
  readonly key: string
  readonly type: string
  readonly primitive: PrimitiveType | undefined
}

export function reportPrimitive(
  element: PrimitiveElement,
  value: JsonValue,
  sibling: JsonValue | undefined,
  run: Run,
): void {
  const expected = element.primitive?.json ?? 'string'
  if (value === null) {
    if (!isObject(sibling)) run.report('null-value', `The property ${element.key} is null`)
  } else if (typeof value === 'object') {
    const found = Array.isArray(value) ? 'an array' : 'an object'
    run.report('must-be-primitive', `${element.key} must be a ${element.type}, not ${found}`)
  } else if (typeof value !== expected) {
    const wrong = `The value ${shown(JSON.stringify(value))} must be a JSON ${expected}`
    run.report('wrong-json-type', `${wrong} (${element.type})`)
  } else if (value === '') run.report('empty-string', `The value of ${element.key} is empty`)
  else run.report('primitive-format', explain(element.type, value))
}

const formats: Readonly<Record<string, string>> = {
  integer: 'a whole number of 32 bits',
  positiveInt: 'a whole number from 1 to 2147483647',
  unsignedInt: 'a whole number from 0 to 2147483647',
  code: 'without leading, trailing or double white space',
  id: '1 to 64 letters, digits, "-" and "."',
  uri: 'without white space',
  url: 'without white space',
  canonical: 'without white space',
  oid: 'urn:oid: and an OID',
  uuid: 'urn:uuid: and a UUID in lower case',
  base64Binary: 'base64',
  date: 'YYYY, YYYY-MM or YYYY-MM-DD and a day of the calendar',
  dateTime: 'YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz and a day of the calendar',
  instant: 'YYYY-MM-DDThh:mm:ss+zz:zz and a day of the calendar',
  time: 'hh:mm:ss',
}

export function explain(type: string, value: JsonValue): string {
  if (typeof value === 'string' && value.length > textLengthMax)
    return `The value is longer than ${textLengthMax} characters`
  const format = formats[type] ?? 'without control characters'
  return `The value '${shown(value)}' is not a valid ${type}: ${format}`
}

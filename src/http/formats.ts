/** Media types: what a body is, and what an answer may be. R4 http.html#mime-type. */
import { NotAcceptable, UnsupportedMediaType } from '../errors.ts'

export const fhirJson = 'application/fhir+json; charset=utf-8'

const jsonTypes = new Set([
  'application/fhir+json',
  'application/json',
  'text/json',
  'application/json+fhir',
])
const formatNames = new Set([...jsonTypes, 'json'])

/** A media type without its parameters, lower-case; '' for none. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase()
}

export function isFhirJson(contentType: string | undefined): boolean {
  return jsonTypes.has(mediaTypeOf(contentType))
}

/** Throws 415 unless a body is FHIR JSON in UTF-8, of R4 where it names a version. */
export function requireFhirJson(
  contentType: string | undefined,
  contentEncoding: string | undefined,
): void {
  requirePlainEncoding(contentEncoding)
  if (!isFhirJson(contentType)) {
    throw new UnsupportedMediaType(
      contentType === undefined
        ? 'The body has no Content-Type; send application/fhir+json'
        : `The server reads application/fhir+json here, not ${contentType.slice(0, 100)}`,
      { expression: 'http.content-type' },
    )
  }
  const charset = /charset\s*=\s*"?([^";\s]+)/i.exec(contentType!)?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    throw new UnsupportedMediaType(`The charset ${charset} is not supported; FHIR JSON is UTF-8`, {
      expression: 'http.content-type',
    })
  }
  requireFhirVersion(
    contentType!,
    (text) => new UnsupportedMediaType(text, { expression: 'http.content-type' }),
  )
}

/** R4 binary.html#rest: FHIR's own types are a Binary resource, never the content itself. */
export function requireNoFhirXml(contentType: string): void {
  if (!/^application\/(fhir\+xml|xml\+fhir)$/.test(mediaTypeOf(contentType))) return
  throw new UnsupportedMediaType(
    'A Binary resource is read as application/fhir+json here, not as XML; its content may be sent as it is, under its own type',
    { expression: 'http.content-type' },
  )
}

export function requirePlainEncoding(contentEncoding: string | undefined): void {
  if (contentEncoding === undefined || contentEncoding === 'identity') return
  throw new UnsupportedMediaType(
    `The Content-Encoding ${contentEncoding.slice(0, 40)} is not supported; send the body as it is`,
    {
      expression: 'http.content-encoding',
    },
  )
}

/** R4 http.html#version-parameter: `fhirVersion=4.0` is ours. */
function requireFhirVersion(mediaType: string, refuse: (text: string) => Error): void {
  if (!isOfOurVersion(mediaType)) {
    throw refuse(`The server speaks FHIR 4.0, not ${versionIn(mediaType)!.slice(0, 20)}`)
  }
}

function isOfOurVersion(mediaType: string): boolean {
  const version = versionIn(mediaType)
  return version === undefined || /^4\.0(\.\d+)?$/.test(version)
}

function versionIn(mediaType: string): string | undefined {
  return /fhirVersion\s*=\s*"?([^";,\s]+)/i.exec(mediaType)?.[1]
}

/** Throws 406 unless the answer may be FHIR JSON. `_format` counts before Accept. */
export function requireJsonAcceptable(
  accept: string | undefined,
  format: string | undefined,
): void {
  if (format !== undefined) {
    // A "+" that was not escaped arrives as a space.
    if (formatNames.has(mediaTypeOf(format.replace(' ', '+')))) return
    throw new NotAcceptable(
      `The format "${format.slice(0, 80)}" is not supported; the server answers in application/fhir+json`,
      {
        expression: 'http._format',
      },
    )
  }
  if (accept === undefined || accept.trim() === '') return
  const fitting = parseAccept(accept).filter(
    ({ type, quality }) =>
      quality > 0 && (jsonTypes.has(type) || type === '*/*' || type === 'application/*'),
  )
  const refusal = (text: string) => new NotAcceptable(text, { expression: 'http.accept' })
  const [first] = fitting
  if (!first) {
    throw refusal(
      `None of the types in Accept (${accept.slice(0, 200)}) is supported; the server answers in application/fhir+json`,
    )
  }
  if (!fitting.some(({ text }) => isOfOurVersion(text))) requireFhirVersion(first.text, refusal)
}

export interface AcceptOffer {
  readonly type: string
  readonly quality: number
  readonly text: string
}

/** The types of an Accept header, the most wanted first. RFC 9110 §12.5.1. */
export function parseAccept(accept: string): readonly AcceptOffer[] {
  return accept
    .split(',')
    .map((text) => {
      const quality = Number(/;\s*q\s*=\s*([\d.]+)/i.exec(text)?.[1] ?? 1)
      return { type: mediaTypeOf(text), quality: Number.isNaN(quality) ? 0 : quality, text }
    })
    .toSorted((a, b) => b.quality - a.quality)
}

/**
 * How to send a Binary: as FHIR JSON where that is asked for, natively otherwise. Throws 406 when
 * the caller accepts neither. R4 binary.html#rest, decision on ITI-68.
 */
export function binaryForm(
  accept: string | undefined,
  format: string | undefined,
  contentType: string,
): 'native' | 'resource' {
  if (format !== undefined) {
    requireJsonAcceptable(undefined, format)
    return 'resource'
  }
  if (accept === undefined || accept.trim() === '') return 'native'
  const native = mediaTypeOf(contentType)
  const family = `${native.split('/', 1)[0]}/*`
  for (const { type, quality } of parseAccept(accept)) {
    if (quality <= 0) continue
    if (type === 'application/fhir+json' || type === 'application/json+fhir') return 'resource'
    if (type === native || type === family || type === '*/*') return 'native'
    if (jsonTypes.has(type)) return 'resource'
  }
  throw new NotAcceptable(`This document is ${native}; Accept asks for ${accept.slice(0, 200)}`, {
    expression: 'http.accept',
  })
}

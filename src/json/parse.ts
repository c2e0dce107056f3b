/** Bodies in, resources out. R4 json.html. */
import { InvalidRequest } from '../errors.ts'
import { isObject, type JsonValue, type Resource } from '../fhir/resource.ts'
import { parseExact } from './decimals.ts'
import type { ParsedBody } from './parsed-body.ts'
import { createJsonScanner, type ScanOptions, type ScanResult } from './scan.ts'

const bytesAtHandMax = 512 * 1024 * 1024

/**
 * Reads a body to its end, or to its first error: InvalidRequest, TooLarge, or what the source
 * throws. Then its blobs are dropped, and the source is neither read on nor destroyed: the answer
 * still has to go out on the same connection.
 */
export async function parseBody(
  chunks: AsyncIterable<Uint8Array> | Uint8Array,
  options: ScanOptions,
): Promise<ParsedBody> {
  const scanner = createJsonScanner(options)
  try {
    if (chunks instanceof Uint8Array) await scanner.write(chunks)
    else await writeAll(chunks, (chunk) => scanner.write(chunk))
    const result = await scanner.end()
    return { resource: requireResource(parseScanned(result)), ...factsOf(result) }
  } catch (error) {
    await scanner.abort()
    throw error
  }
}

/** The same at once, for JSON at hand: files, stored bytes. Base64 texts stay in the resource. */
export function parseJson(
  json: Uint8Array | string,
  options?: Partial<Omit<ScanOptions, 'blobs'>>,
): ParsedBody {
  const result = scanAtOnce(json, options)
  return { resource: requireResource(parseScanned(result)), ...factsOf(result) }
}

/** Any JSON value, checked as strictly as a resource: a JSON Patch, for example. */
export function parseJsonValue(
  json: Uint8Array | string,
  options?: Partial<Omit<ScanOptions, 'blobs'>>,
): JsonValue {
  return parseScanned(scanAtOnce(json, options))
}

function scanAtOnce(
  json: Uint8Array | string,
  options: Partial<Omit<ScanOptions, 'blobs'>> | undefined,
): ScanResult {
  // A text with half a surrogate pair would be changed on its way into bytes.
  if (typeof json === 'string' && !json.isWellFormed())
    throw new InvalidRequest('The JSON text is not well-formed Unicode', { code: 'structure' })
  const scanner = createJsonScanner({ bodyBytesMax: bytesAtHandMax, ...options })
  void scanner.write(typeof json === 'string' ? Buffer.from(json) : json)
  return scanner.endSync()
}

function factsOf({ blobs, hasOddDecimals }: ScanResult): Omit<ParsedBody, 'resource'> {
  return { blobs, hasOddDecimals }
}

/** Not `for await`, which destroys a stream, and with it the connection, when its body throws. */
async function writeAll(
  chunks: AsyncIterable<Uint8Array>,
  write: (chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const iterator = chunks[Symbol.asyncIterator]()
  for (;;) {
    const { done, value } = await iterator.next()
    if (done) return
    await write(value)
  }
}

function parseScanned({ bytes, hasOddDecimals }: ScanResult): JsonValue {
  const text = bytes.toString('utf8')
  return hasOddDecimals ? parseExact(text) : (JSON.parse(text) as JsonValue)
}

function requireResource(value: JsonValue): Resource {
  if (!isObject(value)) {
    const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`
    throw new InvalidRequest(
      `The body is ${found}, where a FHIR resource (a JSON object) belongs`,
      {
        code: 'structure',
      },
    )
  }
  if (typeof value.resourceType !== 'string' || value.resourceType === '')
    throw new InvalidRequest(
      'The body has no "resourceType", the name of its FHIR type as in {"resourceType": "Patient"}',
      { code: 'structure' },
    )
  return value as Resource
}

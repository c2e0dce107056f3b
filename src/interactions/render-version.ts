/**
 * A stored version as it is sent: links filled in, a Binary's content put back, in part where that
 * is asked for. R4 search.html#summary, search.html#elements.
 */
import { InvalidRequest } from '../errors.ts'
import { renderSlots } from '../json/slots.ts'
import type { SummaryMode } from '../search/parse-control.ts'
import { summarize } from '../search/summarize.ts'
import type { StoredVersion } from '../store/stored-version.ts'
import { binaryWithData } from './binary-content.ts'
import type { Context } from './context.ts'

export interface Shape {
  readonly summary?: SummaryMode
  readonly elements?: readonly string[]
  /** `_elements` is about the types searched: what is included stays whole. */
  readonly mode?: 'match' | 'include'
}

/**
 * How many bytes of documents one Bundle may still carry. A Binary beyond them is shown without its
 * data and tagged SUBSETTED, so that a page of large documents does not fill the memory.
 */
export interface Allowance {
  bytes: number
}

export function createAllowance(context: Context): Allowance {
  return { bytes: context.services.limits.documentBytesMax }
}

/**
 * A promise only for the content of a Binary, which is read from its blob. Throws 400 for an element
 * that the type does not have.
 */
export function renderVersion(
  context: Context,
  version: StoredVersion,
  shape: Shape = {},
  allowance?: Allowance,
): Buffer | Promise<Buffer> {
  if (shape.mode === undefined) requireElements(context, version.type, shape.elements ?? [])
  if (version.type === 'Binary' && version.blob && wantsData(shape)) {
    const size = version.blob.sizeBytes
    if (allowance && size > allowance.bytes) return withoutData(context, version)
    if (allowance) allowance.bytes -= size
    return renderWithData(context, version, shape)
  }
  const bytes = renderSlots(version.body, version.slots, context.services.baseUrl)
  return shapeBytes(context, bytes, shape)
}

async function renderWithData(
  context: Context,
  version: StoredVersion,
  shape: Shape,
): Promise<Buffer> {
  const { registry } = context.services
  const whole = await binaryWithData(context, version)
  return shape.elements ? summarize(whole, { registry, mode: 'match', ...shape }) : whole
}

/** Ready bytes of a resource that is no version (the CapabilityStatement), in part when asked for. */
export function shapeBytes({ services }: Context, bytes: Buffer, shape: Shape): Buffer {
  const isShaped = shape.elements !== undefined || shape.summary !== undefined
  return isShaped
    ? summarize(bytes, { registry: services.registry, mode: 'match', ...shape })
    : bytes
}

function wantsData({ summary, elements, mode }: Shape): boolean {
  if (elements && mode !== 'include') return elements.includes('data')
  return summary === undefined || summary === 'false' || summary === 'data'
}

function withoutData({ services }: Context, version: StoredVersion): Buffer {
  const { registry, baseUrl } = services
  const bytes = renderSlots(version.body, version.slots, baseUrl)
  const elements = ['implicitRules', 'language', 'contentType', 'securityContext']
  return summarize(bytes, { registry, mode: 'match', elements })
}

function requireElements(context: Context, type: string, elements: readonly string[]): void {
  const model = context.services.registry.typeModel(type)
  const wrong = elements.find((name) => !model?.paths.has(name))
  if (wrong === undefined) return
  throw new InvalidRequest(`"${wrong.slice(0, 80)}" in _elements is no element of ${type}`, {
    expression: 'http._elements',
  })
}

/** Resources out: the bytes that a store keeps and sends unread. */
import { randomUUID } from 'node:crypto'
import { isObject, type JsonObject, type Resource } from '../fhir/resource.ts'
import { stringifyResource } from './decimals.ts'

/**
 * Stands for the base URL in a resource to be stored: `${baseUrlMark}/Binary/x`. Random per process,
 * so that no input text can pass for one; begins with a character that is rare, to be sought fast.
 */
export const baseUrlMark = `~base:${randomUUID()}~`

export interface SerializedResource {
  readonly body: Buffer
  /** Where the 24 bytes of meta.lastUpdated stand, for the store to fill in; -1: they are final. */
  readonly lastUpdatedOffset: number
  /** Where the base URL goes; see `baseUrlMark`. */
  readonly slots: number[]
}

const lastUpdatedPlaceholder = '1970-01-01T00:00:00.000Z'

/**
 * The resource as one version of itself: resourceType, id and meta first, the rest in its order.
 * Its own id, meta.versionId and meta.lastUpdated give way. The resource is not changed.
 */
export function serializeStored(
  resource: Resource,
  { id, versionId, writtenAt }: { id: string; versionId: number; writtenAt?: number | undefined },
): SerializedResource {
  const { resourceType, id: _id, meta, ...rest } = resource
  const type = JSON.stringify(resourceType)
  // Written by hand, so that the offset is known without a search.
  const head = `{"resourceType":${type},"id":${JSON.stringify(id)},"meta":{"versionId":"${versionId}","lastUpdated":"`
  const tail = `${membersAfter(storedMeta(meta))}${membersAfter(rest)}`
  const time = writtenAt === undefined ? lastUpdatedPlaceholder : new Date(writtenAt).toISOString()
  return {
    ...takeSlots(`${head}${time}"${tail}`),
    lastUpdatedOffset: writtenAt === undefined ? Buffer.byteLength(head) : -1,
  }
}

function storedMeta(meta: unknown): JsonObject {
  if (!isObject(meta)) return {}
  const { versionId: _versionId, lastUpdated: _lastUpdated, ...kept } = meta
  return kept
}

/** The members as they follow others, and the closing brace. */
function membersAfter(members: JsonObject): string {
  const text = stringifyResource(members)
  return text === '{}' ? '}' : `,${text.slice(1)}`
}

interface SlottedText {
  readonly body: Buffer
  /** Ascending offsets in `body`. */
  readonly slots: number[]
}

/** Turns text into UTF-8 without the marks in it, and says where they stood. */
function takeSlots(text: string): SlottedText {
  if (!text.includes(baseUrlMark)) return { body: Buffer.from(text), slots: [] }
  const parts = text.split(baseUrlMark).map((part) => Buffer.from(part))
  const slots: number[] = []
  let offset = 0
  for (const part of parts.slice(0, -1)) {
    offset += part.length
    slots.push(offset)
  }
  return { body: Buffer.concat(parts), slots }
}

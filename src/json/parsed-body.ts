/** What the scanner makes of a request body. */
import { randomUUID } from 'node:crypto'
import type { Resource } from '../fhir/resource.ts'
import type { BlobReference } from './blob-sink.ts'

export interface ParsedBody {
  readonly resource: Resource
  /**
   * Base64 texts that went to blobs while they arrived. In `resource` such a text is a placeholder
   * that `placeholderIndex` recognises.
   */
  readonly blobs: readonly BlobReference[]
  /** Some number would change if written by JSON.stringify; `decimals.ts` keeps its text. */
  readonly hasOddDecimals: boolean
}

/** Begins every placeholder; random per process, so that no input text can pass for one. */
export const placeholderMark = `blob:${randomUUID()}:`

/** The place in `blobs` that a placeholder text stands for; undefined for any other value. */
export function placeholderIndex(value: unknown): number | undefined {
  if (typeof value !== 'string' || !value.startsWith(placeholderMark)) return undefined
  return Number(value.slice(placeholderMark.length))
}

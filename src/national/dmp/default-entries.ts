/** What a document or lot counts as saying where it says nothing. Decision 10. */
import type { IndexEntry } from '../../search/index-entry.ts'

const notArchived: IndexEntry = { kind: 'token', code: 'isArchived', value: 'false' }

/** By type: an absent isArchived extension is found under `isArchived=false`. */
export const dmpDefaultEntries: Readonly<Record<string, readonly IndexEntry[]>> = {
  DocumentReference: [notArchived],
  List: [notArchived],
}

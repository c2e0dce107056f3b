/** What is deposited is neither changed nor erased. Decisions 9, 17 and 77. */
import type { Draft } from '../../interactions/draft.ts'
import { dmpRefusal } from './dmp-issue.ts'

/** Throws 405, naming what to do instead, when a draft would change or erase a deposited resource. */
export function requireMutable(
  draft: Pick<Draft, 'type' | 'id' | 'method' | 'stored'>,
  isSubmissionSet: boolean,
): void {
  const { type, method, stored } = draft
  if (!stored?.envelope.rules?.includes('dmp') || stored.deleted) return
  const advice = adviceFor(type, method, isSubmissionSet)
  if (!advice) return
  throw dmpRefusal(
    405,
    {
      rule: 'pdsm-immutable',
      code: 'not-supported',
      expression: type,
      diagnostics: `${method} is not possible on ${type}/${draft.id}, which was deposited: ${advice}`,
    },
    { allow: type === 'DocumentReference' ? 'GET, HEAD, PATCH, OPTIONS' : 'GET, HEAD, OPTIONS' },
  )
}

const deleteByPatch = 'delete it by PATCH of DocumentReference.status to entered-in-error'
const replaceByLot = 'replace it by a new lot whose DocumentReference has relatesTo.code replaces'
const patchDocuments = 'PATCH the DocumentReferences that it names instead'

function adviceFor(type: string, method: string, isSubmissionSet: boolean): string | undefined {
  if (type === 'DocumentReference') {
    return method === 'DELETE' ? deleteByPatch : method === 'PUT' ? replaceByLot : undefined
  }
  if (type === 'Binary' || type === 'Bundle')
    return method === 'DELETE' ? deleteByPatch : replaceByLot
  if (type === 'List' && isSubmissionSet) return patchDocuments
  return undefined
}

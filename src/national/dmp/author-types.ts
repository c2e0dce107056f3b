/**
 * Who may stand as author, authenticator and source. The guide names profiles of the directory, which
 * are not loaded here; their types are checked in code. PDSm 3.1.1; decision 1.
 */
import { parseReference } from '../../fhir/reference.ts'
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Draft } from '../../interactions/draft.ts'
import { dmpIssue } from './dmp-issue.ts'
import { objectsOf } from './document-parts.ts'

const professionals = ['Practitioner', 'PractitionerRole']

interface Places {
  readonly [element: string]: readonly string[]
}

const comprehensive: Places = {
  author: [...professionals, 'Device', 'Patient'],
  authenticator: [...professionals, 'Organization'],
}
const simplified: Places = {
  author: [...professionals, 'Device', 'Patient', 'RelatedPerson', 'Organization'],
  authenticator: [...professionals, 'Organization'],
}
const submissionSet: Places = { source: ['PractitionerRole', 'Device', 'Patient'] }

export function checkAuthorTypes(
  draft: Draft & { resource: Resource },
  form: 'comprehensive' | 'simplified' | 'submissionset',
): void {
  const places = { comprehensive, simplified, submissionset: submissionSet }[form]
  for (const [element, types] of Object.entries(places)) {
    for (const reference of objectsOf(draft.resource[element])) {
      const type = typeOf(reference, draft.resource)
      if (type === undefined || types.includes(type)) continue
      draft.issues.push(
        dmpIssue({
          rule: 'pdsm-author-type',
          code: 'value',
          expression: `${draft.type}.${element}`,
          diagnostics: `${element} is a ${type}; allowed: ${types.join(', ')}`,
        }),
      )
    }
  }
}

/** Of a contained or literal reference; undefined where the reference does not tell. */
function typeOf({ reference, type }: JsonObject, { contained }: Resource): string | undefined {
  if (typeof reference !== 'string') return typeof type === 'string' ? type : undefined
  const target = parseReference(reference)
  if (target.kind === 'local') return target.type
  if (target.kind !== 'contained') return undefined
  const found = objectsOf(contained).find(({ id }) => id === target.id)
  return isObject(found) && typeof found.resourceType === 'string' ? found.resourceType : undefined
}

/** What the route table serves, as the CapabilityStatement tells it. */
import type { ServedInteractions } from '../conformance/capability-statement.ts'
import { fhirRoutes } from './routes-table.ts'

const codes = (list: 'type' | 'system') => [
  ...new Set(fhirRoutes.flatMap((route) => route[list] ?? [])),
]

export const servedInteractions: ServedInteractions = {
  interactions: codes('type'),
  // Decision 59: traces are never changed, and only a search of traces finds them.
  limitedTypes: {
    AuditEvent: ['create', 'read', 'vread', 'search-type', 'history-instance'],
  },
  documentation: {
    AuditEvent:
      'Une recherche de traces demande une borne de temps (`date` ou `period-start`). Les traces ne changent jamais, et seule leur propre recherche les trouve.',
    DocumentReference:
      'Un professionnel ou un établissement nomme dans sa recherche le patient (`patient` ou `patient.identifier`), et `status` ou `identifier`.',
    List: 'Un professionnel ou un établissement nomme dans sa recherche le patient (`patient` ou `patient.identifier`), `code` et `status`.',
  },
  systemInteractions: codes('system'),
  operations: servedOperations(),
  formats: ['application/fhir+json', 'json'],
  patchFormats: ['application/json-patch+json', 'application/fhir+json'],
  versioning: 'versioned-update',
  updateCreate: true,
  conditionalCreate: true,
  conditionalRead: 'full-support',
  conditionalUpdate: true,
  conditionalDelete: 'single',
  referencePolicy: ['literal', 'logical', 'local'],
}

function servedOperations(): NonNullable<ServedInteractions['operations']> {
  const operations = new Map(
    fhirRoutes.flatMap(({ operation }) =>
      operation ? [[operation.name, operation] as const] : [],
    ),
  )
  return [...operations.values()].map(({ types, ...operation }) => ({
    ...operation,
    scope: types ?? ('all' as const),
  }))
}

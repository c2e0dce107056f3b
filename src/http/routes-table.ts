/**
 * The FHIR interactions that are served: the one table that routes are made from and that the
 * CapabilityStatement is derived from, so that it cannot promise more than the server does.
 */

import { accessOperations } from '../operations/access-operations.ts'

export interface FhirRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base URL; `:type` and `:id` as in Fastify. */
  readonly path: string
  readonly handler: RouteHandlerName
  /** Open to callers without a token. */
  readonly isPublic?: true
  /** The codes of CapabilityStatement.rest.(resource.)interaction that it stands for. */
  readonly type?: readonly string[]
  readonly system?: readonly string[]
  /** The operation that it stands for, without `$`, and its definition. */
  readonly operation?: {
    readonly name: string
    readonly definition: string
    /** Absent: all types. */
    readonly types?: readonly string[]
  }
}

export type RouteHandlerName =
  | 'capabilities'
  | 'bundle'
  | 'searchSystem'
  | 'searchSystemByPost'
  | 'historySystem'
  | 'search'
  | 'searchByPost'
  | 'create'
  | 'conditionalUpdate'
  | 'conditionalPatch'
  | 'conditionalDelete'
  | 'historyType'
  | 'read'
  | 'update'
  | 'patch'
  | 'delete'
  | 'historyInstance'
  | 'vread'
  | 'validate'
  | 'accessOperation'

const validate = {
  name: 'validate',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
}

/** decisions.md, "Named operations": one POST route for each, on the instance that it is about. */
const accessOperationNames: Readonly<Record<string, readonly string[]>> = {
  Patient: accessOperations.map(({ name }) => name),
  DocumentReference: ['mask', 'unmask'],
}

const accessRoutes: readonly FhirRoute[] = Object.entries(accessOperationNames).flatMap(
  ([type, names]) =>
    names.map((name): FhirRoute => ({
      method: 'POST',
      path: `/${type}/:id/$${name}`,
      handler: 'accessOperation',
      operation: { name, definition: `urn:passerelle:operation:${name}`, types: [type] },
    })),
)

const accessRecord: FhirRoute = {
  method: 'GET',
  path: '/Patient/:id/$access-record',
  handler: 'accessOperation',
  operation: {
    name: 'access-record',
    definition: 'urn:passerelle:operation:access-record',
    types: ['Patient'],
  },
}

export const fhirRoutes: readonly FhirRoute[] = [
  ...accessRoutes,
  accessRecord,
  { method: 'POST', path: '/:type/$validate', handler: 'validate', operation: validate },
  { method: 'POST', path: '/:type/:id/$validate', handler: 'validate', operation: validate },
  { method: 'GET', path: '/:type/:id/$validate', handler: 'validate', operation: validate },
  { method: 'GET', path: '/metadata', handler: 'capabilities', isPublic: true },
  { method: 'POST', path: '', handler: 'bundle', system: ['transaction', 'batch'] },
  { method: 'GET', path: '', handler: 'searchSystem', system: ['search-system'] },
  { method: 'POST', path: '/_search', handler: 'searchSystemByPost', system: ['search-system'] },
  { method: 'GET', path: '/_history', handler: 'historySystem', system: ['history-system'] },
  { method: 'GET', path: '/:type', handler: 'search', type: ['search-type'] },
  { method: 'POST', path: '/:type/_search', handler: 'searchByPost', type: ['search-type'] },
  { method: 'POST', path: '/:type', handler: 'create', type: ['create'] },
  { method: 'PUT', path: '/:type', handler: 'conditionalUpdate', type: ['update'] },
  { method: 'PATCH', path: '/:type', handler: 'conditionalPatch', type: ['patch'] },
  { method: 'DELETE', path: '/:type', handler: 'conditionalDelete', type: ['delete'] },
  { method: 'GET', path: '/:type/_history', handler: 'historyType', type: ['history-type'] },
  { method: 'GET', path: '/:type/:id', handler: 'read', type: ['read'] },
  { method: 'PUT', path: '/:type/:id', handler: 'update', type: ['update'] },
  { method: 'PATCH', path: '/:type/:id', handler: 'patch', type: ['patch'] },
  { method: 'DELETE', path: '/:type/:id', handler: 'delete', type: ['delete'] },
  {
    method: 'GET',
    path: '/:type/:id/_history',
    handler: 'historyInstance',
    type: ['history-instance'],
  },
  { method: 'GET', path: '/:type/:id/_history/:versionId', handler: 'vread', type: ['vread'] },
]

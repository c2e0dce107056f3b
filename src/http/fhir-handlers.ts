/** What each row of the route table does. */
import { runOperation } from './access-operation-handlers.ts'
import { readBinary } from './binary-read.ts'
import { writeBinary } from './binary-write.ts'
import { receiveBundle } from './bundle-handler.ts'
import { showHistory } from './history-handlers.ts'
import { withType, type Handler } from './incoming.ts'
import { validateResource } from './operation-handlers.ts'
import { readResource, showCapabilities, vreadResource } from './read-handlers.ts'
import type { RouteHandlerName } from './routes-table.ts'
import { searchFromBody, searchFromUrl } from './search-handlers.ts'
import { createResource, deleteTarget, patchTarget, updateTarget } from './write-handlers.ts'

const update = withType((incoming) => writeBinary(incoming) ?? updateTarget(incoming))
const patch = withType(patchTarget)
const remove = withType(deleteTarget)

export const fhirHandlers: Readonly<Record<RouteHandlerName, Handler>> = {
  capabilities: showCapabilities,
  bundle: receiveBundle,
  searchSystem: searchFromUrl,
  searchSystemByPost: searchFromBody,
  search: searchFromUrl,
  searchByPost: searchFromBody,
  historySystem: showHistory,
  historyType: showHistory,
  historyInstance: showHistory,
  read: withType((incoming) => readBinary(incoming) ?? readResource(incoming)),
  vread: withType((incoming) => readBinary(incoming) ?? vreadResource(incoming)),
  create: withType((incoming) => writeBinary(incoming) ?? createResource(incoming)),
  update,
  conditionalUpdate: update,
  patch,
  conditionalPatch: patch,
  delete: remove,
  conditionalDelete: remove,
  validate: withType(validateResource),
  accessOperation: runOperation,
}

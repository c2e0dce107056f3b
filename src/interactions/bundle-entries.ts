/** The entries of an incoming batch or transaction. R4 bundle.html. */
import { InvalidRequest, TooCostly } from '../errors.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Context } from './context.ts'
import { parseEntryRequest, type EntryRequest } from './entry-request.ts'

/** Throws when `entry` is no list, too long, or an entry cannot be read. */
export function requireEntries(context: Context, bundle: Resource): readonly EntryRequest[] {
  const entries = bundle.entry ?? []
  if (!Array.isArray(entries)) {
    throw new InvalidRequest('Bundle.entry must be a list', {
      code: 'structure',
      expression: 'Bundle.entry',
    })
  }
  const { bundleEntriesMax } = context.services.limits
  if (entries.length > bundleEntriesMax) {
    throw new TooCostly(
      `The Bundle has ${entries.length} entries; at most ${bundleEntriesMax} are accepted`,
      {
        expression: 'Bundle.entry',
      },
    )
  }
  return entries.map((entry, index) => parseEntryRequest(entry, index, context.services))
}

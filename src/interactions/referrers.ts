/** Finds resources that refer to a given one, through every reference parameter. */
import type { TypedId } from '../fhir/resource.ts'
import { anyOf, type Clause } from '../search/search-request.ts'
import type { Context } from './context.ts'

/** References (`Type/id`) of at most `max` resources of the same patients that the caller may see. */
export async function findReferrers(
  context: Context,
  target: TypedId & { readonly patients: readonly string[] },
  max: number,
): Promise<readonly string[]> {
  const { registry } = context.services
  const found: string[] = []
  for (const type of registry.resourceTypes) {
    // A trace tells what happened to a resource; it does not need it.
    if (type === 'AuditEvent') continue
    const clauses: Clause[] = []
    for (const [code, parameter] of registry.searchParameters(type)) {
      const mayRefer = parameter.targets.length === 0 || parameter.targets.includes(target.type)
      if (parameter.type !== 'reference' || !mayRefer) continue
      clauses.push({ kind: 'reference', code, references: [{ type: target.type, id: target.id }] })
    }
    if (clauses.length === 0) continue
    const { ids } = await context.store.matchVisible(type, {
      where: anyOf(clauses),
      max: max - found.length,
      patients: target.patients,
    })
    found.push(...ids.map((id) => `${type}/${id}`))
    if (found.length >= max) break
  }
  return found
}

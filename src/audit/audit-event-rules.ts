/** What a search of traces must say: a bound in time (TdE, RechercheTraces). */
import { InvalidRequest } from '../errors.ts'

const bounds = new Set(['date', 'period-start'])

/** One of the rule sets of `interactions/rules.ts`, by its shape. */
export const auditEventRules = {
  name: 'audit',
  checkSearch(type: string, parameters: readonly (readonly [string, string])[]): void {
    if (type !== 'AuditEvent') return
    const isBound = parameters.some(([name, value]) => bounds.has(name) && !value.startsWith('ne'))
    if (isBound) return
    throw new InvalidRequest(
      'A search of AuditEvent needs a bound in time, such as date=ge2026-01-01',
      {
        code: 'required',
        expression: 'http.date',
      },
    )
  },
}

/** Prometheus metrics of this process. */
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import type { AuditJournal } from '../audit/journal.ts'
import { RequestMetrics } from './request-metrics.ts'

export interface Metrics {
  readonly observe: (method: string, route: string, status: number, milliseconds: number) => void
  readonly render: () => Promise<string>
  readonly contentType: string
}

export function createMetrics(journal?: Pick<AuditJournal, 'health'>): Metrics {
  const registry = new Registry()
  if (journal) addReserveGauge(registry, journal)
  collectDefaultMetrics({ register: registry })
  const requests = new RequestMetrics()
  return {
    observe: (method, route, status, milliseconds) =>
      requests.observe(method, route, status, milliseconds),
    render: async () => `${await registry.metrics()}\n${requests.render()}`,
    contentType: registry.contentType,
  }
}

/** Decision 64: an alarm is due at 0.5. */
function addReserveGauge(registry: Registry, journal: Pick<AuditJournal, 'health'>): void {
  new Gauge({
    name: 'passerelle_audit_reserve_used_ratio',
    help: 'Share of the audit reserve that is used: 0 while the disk has room, 1 when nothing can be traced',
    registers: [registry],
    collect() {
      const { ready, reserveUsed } = journal.health()
      this.set(ready ? reserveUsed : 1)
    },
  })
}

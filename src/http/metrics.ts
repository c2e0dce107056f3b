/** Prometheus metrics of this process. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { AuditJournal } from '../audit/journal.ts'

export interface Metrics {
  readonly observe: (method: string, route: string, status: number, milliseconds: number) => void
  readonly render: () => Promise<string>
  readonly contentType: string
}

export function createMetrics(journal?: Pick<AuditJournal, 'health'>): Metrics {
  const registry = new Registry()
  if (journal) addReserveGauge(registry, journal)
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'passerelle_http_request_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  })
  const answers = new Counter({
    name: 'passerelle_http_answers_total',
    help: 'Answers by status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  return {
    observe: (method, route, status, milliseconds) => {
      durations.observe({ method, route }, milliseconds / 1000)
      answers.inc({ method, route, status })
    },
    render: () => registry.metrics(),
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

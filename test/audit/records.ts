/** Builders of audit records and journals for tests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { AuditRecord, Trace, TraceQuery } from '../../src/audit/journal.ts'

export function aRecord(over: Partial<AuditRecord> = {}): AuditRecord {
  return {
    requestId: 'request-1',
    part: 0,
    recorded: Date.UTC(2026, 0, 1),
    interaction: 'read',
    action: 'R',
    outcome: 'success',
    status: 200,
    agent: { kind: 'professional', user: 'Practitioner/1', display: 'Dr Élise Martin' },
    patient: 'p1',
    entities: ['DocumentReference/d1'],
    ...over,
  }
}

/** Records of different requests, one second apart. */
export function records(count: number, over: Partial<AuditRecord> = {}): AuditRecord[] {
  return Array.from({ length: count }, (_, index) =>
    aRecord({
      requestId: `request-${index + 1}`,
      recorded: Date.UTC(2026, 0, 1) + index * 1000,
      ...over,
    }),
  )
}

export function aFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function everything(over: Partial<TraceQuery> = {}): TraceQuery {
  return { patients: [], asOf: Number.MAX_SAFE_INTEGER, ...over }
}

/** The request ids of own traces, in order. */
export function requestIds(traces: readonly Trace[]): string[] {
  return traces.map(({ content }) => (content?.kind === 'own' ? content.record.requestId : ''))
}

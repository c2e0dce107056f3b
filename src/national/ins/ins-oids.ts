/** The OIDs under which an INS travels. A matricule without one of them is no INS. Decision 32. */
import type { JsonValue } from '../../fhir/resource.ts'
import { isObject } from '../../fhir/resource.ts'

export type InsKind = 'INS-NIR' | 'INS-NIA' | 'INS-NIR-TEST' | 'INS-NIR-DEMO'

export interface InsAuthority {
  readonly system: string
  readonly kind: InsKind
  /** French name, for pages and messages. */
  readonly name: string
  /** Allotted to real people; the others are accepted outside production only (decision 30). */
  readonly isNational: boolean
}

export interface Ins {
  readonly system: string
  readonly value: string
}

const ROOT = 'urn:oid:1.2.250.1.213.1.4.'

export const insAuthorities: readonly InsAuthority[] = [
  { system: `${ROOT}8`, kind: 'INS-NIR', name: 'matricule INS (NIR)', isNational: true },
  { system: `${ROOT}9`, kind: 'INS-NIA', name: 'matricule INS (NIA)', isNational: true },
  { system: `${ROOT}10`, kind: 'INS-NIR-TEST', name: 'matricule INS de test', isNational: false },
  {
    system: `${ROOT}11`,
    kind: 'INS-NIR-DEMO',
    name: 'matricule INS de démonstration',
    isNational: false,
  },
]

const bySystem = new Map(insAuthorities.map((authority) => [authority.system, authority]))

/** The authority of a system as FHIR writes it; undefined for every other system. */
export function insAuthorityOf(system: unknown): InsAuthority | undefined {
  return typeof system === 'string' ? bySystem.get(system) : undefined
}

/**
 * Reads an Identifier that holds an INS. Also one whose OID is badly written (no `urn:oid:`, other
 * case): it is not found as an INS, but what it holds must be protected like one.
 */
export function readIns(identifier: JsonValue | undefined): Ins | undefined {
  if (!isObject(identifier)) return undefined
  const { system, value } = identifier
  if (typeof system !== 'string' || typeof value !== 'string') return undefined
  const oid = system.trim().toLowerCase()
  const written = oid.startsWith('urn:oid:') ? oid : `urn:oid:${oid}`
  return bySystem.has(written) ? { system: written, value } : undefined
}

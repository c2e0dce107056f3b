/**
 * What this server sees otherwise than the published PDSm, whichever package is loaded: what either
 * of the two contents called 3.1.1 accepts. Decision 1. Where a check is off, one of ours stands in
 * its place: `pdsm-custodian`, `pdsm-date`, `pdsm-author-type`.
 */
import { comprehensiveProfile, simplifiedProfile } from './dmp-codes.ts'

export const dmpRelaxations: Readonly<Record<string, 'off'>> = Object.fromEntries(
  [comprehensiveProfile, simplifiedProfile].flatMap((profile) => [
    [`${profile}#DocumentReference.custodian min-cardinality`, 'off'],
    [`${profile}#DocumentReference.date min-cardinality`, 'off'],
    [`${profile}#DocumentReference.authenticator min-cardinality`, 'off'],
    [`${profile}#DocumentReference.author reference-target`, 'off'],
    [`${profile}#DocumentReference.authenticator reference-target`, 'off'],
  ]),
)

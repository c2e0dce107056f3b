/**
 * A matricule without its OID never matches an INS, where R4's token search without a system would:
 * it would find an identity by a number that nothing says is one. Decision 32.
 */
import { allOf, type Clause } from '../../search/search-request.ts'
import { splitEscaped, unescapeValue } from '../../search/split-values.ts'
import { insAuthorities } from './ins-oids.ts'
import { checkMatricule } from './matricule.ts'

type SearchParameters = readonly (readonly [string, string])[]

/** What a search must also meet; undefined where it names no matricule that lacks its OID. */
export function withoutBareMatricules(
  _type: string,
  parameters: SearchParameters,
): Clause | undefined {
  const clauses = parameters.flatMap(([name, value]) => {
    const bare = bareMatricules(value)
    return bare.length === 0 ? [] : (excludedIns(name, bare) ?? [])
  })
  return clauses.length === 0 ? undefined : allOf(clauses)
}

function bareMatricules(value: string): readonly string[] {
  return splitEscaped(value, ',')
    .filter((text) => splitEscaped(text, '|').length === 1)
    .map(unescapeValue)
    .filter((text) => checkMatricule(text) !== 'shape')
}

/** Other parameters name no patient. */
const ownName = /^identifier$/
const chainedName = /^(patient|subject)(?::Patient)?\.identifier$/

function excludedIns(name: string, matricules: readonly string[]): Clause | undefined {
  const tokens = matricules.flatMap((value) =>
    insAuthorities.map(({ system }) => ({ system, value })),
  )
  const ins: Clause = { kind: 'token', code: 'identifier', tokens }
  if (ownName.test(name)) return { kind: 'not', clause: ins }
  const [, code] = chainedName.exec(name) ?? []
  return code === undefined
    ? undefined
    : { kind: 'not', clause: { kind: 'chain', code, type: 'Patient', inner: ins } }
}

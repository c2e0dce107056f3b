/** What every Coding must satisfy, whatever it is bound to. R4 datatypes.html#Coding. */
import type { Registry } from '../conformance/registry.ts'
import type { JsonObject } from '../fhir/resource.ts'
import type { CodeSystemTable } from '../terminology/code-system.ts'
import type { Terminology } from '../terminology/terminology.ts'
import type { ObjectCheck, Run } from './run.ts'

export function codingCheck(registry: Registry, terminology: Terminology): ObjectCheck {
  return (coding, run) => {
    const { system, code } = coding
    if (typeof system !== 'string') {
      if (typeof code === 'string' && system === undefined) {
        run.report('coding-without-system', `The code '${code}' has no system`)
      }
      return
    }
    if (!isAbsoluteUri(system)) {
      const wrong = `Coding.system must be an absolute reference, not '${system}'`
      run.reportAt(['system'], 'coding-system', wrong)
      return
    }
    const table = terminology.codeSystem(system)
    if (table) checkInTable(coding, table, terminology, run)
    else if (isValueSet(system, registry)) {
      const wrong = `The Coding references a value set, not a code system ('${system}')`
      run.reportAt(['system'], 'coding-system', wrong)
    } else if (typeof code === 'string') checkUnknownSystem(system, code, terminology, run)
  }
}

const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:./

export function isAbsoluteUri(text: string): boolean {
  return ABSOLUTE.test(text)
}

/** True when the url is that of a value set, which many take for the system of its codes. */
export function isValueSet(system: string, registry: Registry): boolean {
  return system.includes('ValueSet') && registry.resolve('ValueSet', system) !== undefined
}

function checkUnknownSystem(system: string, code: string, terminology: Terminology, run: Run) {
  const verdict = terminology.isCodeOf(system, code)
  if (verdict === false) {
    run.reportAt(['code'], 'unknown-code', `'${code}' is not a valid code of ${system}`)
  } else if (verdict === undefined && !bigSystems.has(system)) {
    const unknown = `A definition of the code system '${system}' could not be found`
    run.reportAt(['system'], 'unknown-code-system', unknown)
  }
}

/** Known to everyone and never at hand in whole: no warning for each code. */
const bigSystems: ReadonlySet<string> = new Set([
  'http://snomed.info/sct',
  'http://loinc.org',
  'http://www.nlm.nih.gov/research/umls/rxnorm',
  'http://hl7.org/fhir/sid/icd-10',
  'http://www.whocc.no/atc',
])

function checkInTable(
  coding: JsonObject,
  table: CodeSystemTable,
  terminology: Terminology,
  run: Run,
): void {
  const { system, code, display, version } = coding
  if (table.content === 'supplement') {
    const wrong = `CodeSystem ${table.url} is a supplement, so cannot be a Coding.system`
    run.reportAt(['system'], 'coding-system', wrong)
    return
  }
  if (typeof code !== 'string') return
  const concept = table.find(code)
  if (!concept) {
    const askedVersion = typeof version === 'string' ? version : undefined
    if (terminology.isCodeOf(String(system), code, askedVersion) === false) {
      run.reportAt(['code'], 'unknown-code', `Unknown code '${code}' in ${String(system)}`)
    }
  } else if (typeof display === 'string') {
    checkDisplay(display, concept.displays, { code, table, run })
  }
}

interface DisplayContext {
  readonly code: string
  readonly table: CodeSystemTable
  readonly run: Run
}

function checkDisplay(
  display: string,
  displays: readonly string[],
  { code, table, run }: DisplayContext,
): void {
  if (displays.length === 0 || displays.includes(display)) return
  const wanted = folded(display)
  if (displays.some((known) => folded(known) === wanted)) return
  const language = run.scope.resource.language
  // A translation that the system at hand does not have cannot be called wrong.
  const isForeign = typeof language === 'string' && !sameLanguage(language, table.language ?? 'en')
  const valid = displays.map((known) => `'${known}'`).join(', ')
  const wrong = `Wrong display '${display}' for ${table.url}#${code}. Valid: ${valid}`
  run.reportAt(['display'], 'wrong-display', wrong, isForeign ? 'warning' : 'error')
}

function folded(text: string): string {
  return text.toLowerCase().replace(/\s+/g, ' ').trim()
}

function sameLanguage(left: string, right: string): boolean {
  return left.slice(0, 2).toLowerCase() === right.slice(0, 2).toLowerCase()
}

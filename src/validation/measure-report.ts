/** A MeasureReport against its Measure. R4 measurereport.html, measure.html. */
import type { JsonObject } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { objects, text } from './element-definition.ts'
import type { Engine } from './engine.ts'
import { resolveCanonical } from './resolution.ts'
import type { Run } from './run.ts'

export function checkMeasureReport(report: JsonObject, run: Run, _engine: Engine): void {
  const canonical = text(report.measure)
  if (canonical === undefined) return
  const measure = resolveCanonical('Measure', canonical, run)
  if (!measure) {
    const unknown = `The measure '${canonical}' could not be resolved`
    run.reportAt(['measure'], 'measure-report', unknown, 'warning')
    return
  }
  const scoring = codesOf(measure.scoring)[0]
  const groups = objects(measure.group)
  const reported = objects(report.group)
  reported.forEach((group, index) => {
    run.at(['group', index], () => {
      const definition = groups.length === 1 ? groups[0] : matching(group, groups)
      if (!definition) {
        run.report('measure-report', 'The group is not one of the measure')
        return
      }
      if (report.type !== 'data-collection') checkScore(group, scoring, run)
      checkPopulations(group, definition, run)
    })
  })
  checkMissingGroups(groups, reported, run)
}

function matching(part: JsonObject, candidates: readonly JsonObject[]): JsonObject | undefined {
  const codes = codesOf(part.code)
  return candidates.find((candidate) =>
    codesOf(candidate.code).some((code) => codes.includes(code)),
  )
}

function codesOf(concept: unknown): string[] {
  if (!isObject(concept)) return []
  return objects(concept.coding).flatMap(({ code }) => (typeof code === 'string' ? [code] : []))
}

function checkScore(group: JsonObject, scoring: string | undefined, run: Run): void {
  const score = group.measureScore
  if (scoring === 'cohort') {
    if (score !== undefined) {
      const wrong = "There is no measureScore when the scoring of the measure is 'cohort'"
      run.reportAt(['measureScore'], 'measure-report', wrong)
    }
    return
  }
  if (scoring === 'proportion' && isObject(score)) {
    const { value, code } = score
    if (typeof value === 'number' && (value < 0 || value > (code === '%' ? 100 : 1))) {
      run.reportAt(['measureScore'], 'measure-report', 'A proportion lies between 0 and 1')
    }
  } else if (score === undefined && scoring !== undefined) {
    const wrong = `A measureScore is required when the scoring of the measure is '${scoring}'`
    run.report('measure-report', wrong)
  }
}

function checkPopulations(group: JsonObject, definition: JsonObject, run: Run): void {
  const defined = objects(definition.population)
  const found = objects(group.population)
  found.forEach((population, index) => {
    if (matching(population, defined) || defined.length === 1) return
    run.reportAt(['population', index], 'measure-report', 'The population is not in the measure')
  })
  for (const population of defined) {
    const codes = codesOf(population.code)
    if (codes.length === 0 || matching(population, found)) continue
    run.report('measure-report', `The group has no population for the code '${codes[0]}'`)
  }
}

function checkMissingGroups(
  groups: readonly JsonObject[],
  reported: readonly JsonObject[],
  run: Run,
): void {
  if (groups.length < 2) return
  for (const group of groups) {
    const codes = codesOf(group.code)
    if (codes.length === 0 || matching(group, reported)) continue
    run.report('measure-report', `The report has no group for the code '${codes[0]}'`)
  }
}

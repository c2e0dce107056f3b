/** The narrative of a resource or Composition section: txt-1, txt-2 and its links. R4 narrative.html. */
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import type { Run } from './run.ts'
import { readXhtml } from './xhtml.ts'

/** At a Narrative; the path stands there. */
export function checkNarrative(narrative: JsonObject, run: Run): void {
  const { div } = narrative
  if (typeof div !== 'string' || div === '') return
  run.spend(div.length >> 6)
  run.path.push('div')
  const report = readXhtml(div)
  if (report.malformed !== undefined) {
    run.report('narrative-xhtml', `The narrative ${report.malformed}`)
  } else {
    for (const what of report.forbidden) {
      const human = 'The narrative SHALL contain only the basic HTML formatting elements'
      run.reportInvariant('txt-1', 'error', `${human}: ${what} is not allowed`)
    }
    if (!report.hasContent) {
      const human = 'The narrative SHALL have some non-whitespace content'
      run.reportInvariant('txt-2', 'error', human)
    }
    for (const link of report.links) {
      if (!report.anchors.has(link) && !isElementId(link, run)) {
        run.report('narrative-xhtml', `The hyperlink '#${link}' does not resolve`)
      }
    }
  }
  run.path.pop()
}

/** Links may also lead to contained resources and to element ids. */
function isElementId(link: string, run: Run): boolean {
  const { scope } = run
  scope.elementIds ??= collectIds(scope.root, run)
  return scope.elementIds.has(link)
}

function collectIds(root: JsonValue, run: Run): ReadonlySet<string> {
  const ids = new Set<string>()
  const waiting: JsonValue[] = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    run.spend(1)
    if (Array.isArray(next)) for (const item of next) waiting.push(item)
    else if (isObject(next)) {
      if (typeof next.id === 'string') ids.add(next.id)
      for (const key in next) if (typeof next[key] === 'object') waiting.push(next[key]!)
    }
  }
  return ids
}

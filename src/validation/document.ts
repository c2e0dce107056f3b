/** What a document's Composition refers to is in the document. R4 documents.html. */
import type { Step } from '../fhir/element-path.ts'
import type { JsonObject, JsonValue } from '../fhir/resource.ts'
import { isObject } from '../fhir/resource.ts'
import { bundleIndex, findEntries } from './resolution.ts'
import { shown, type BundleEntry, type Run } from './run.ts'

export function checkDocument(first: BundleEntry, run: Run): void {
  const { resource, fullUrl } = first
  if (resource?.resourceType !== 'Composition') {
    run.reportAt(['entry', 0], 'bundle-rule', 'The first entry in a document must be a Composition')
    return
  }
  const check = (reference: JsonValue | undefined, steps: readonly Step[], name: string) => {
    if (!isObject(reference) || typeof reference.reference !== 'string') return
    const target = reference.reference
    if (target.startsWith('#')) return
    run.at(['entry', 0, 'resource', ...steps], () => checkTarget(target, fullUrl, name, run))
  }
  for (const name of ['subject', 'encounter', 'custodian']) {
    check(resource[name], [name], `Composition.${name}`)
  }
  eachItem(resource.author, (author, index) => {
    check(author, ['author', index], 'Composition.author')
  })
  eachItem(resource.attester, (attester, index) => {
    if (isObject(attester))
      check(attester.party, ['attester', index, 'party'], 'Composition.attester')
  })
  checkSections(resource, [], check, 0)
}

type Check = (reference: JsonValue | undefined, steps: readonly Step[], name: string) => void

const DEPTH_MAX = 50

function checkSections(
  parent: JsonObject,
  steps: readonly Step[],
  check: Check,
  depth: number,
): void {
  if (depth > DEPTH_MAX) return
  eachItem(parent.section, (section, index) => {
    if (!isObject(section)) return
    const at = [...steps, 'section', index]
    check(section.focus, [...at, 'focus'], 'Section Focus')
    eachItem(section.author, (author, place) => {
      check(author, [...at, 'author', place], 'Section Author')
    })
    eachItem(section.entry, (entry, place) => {
      check(entry, [...at, 'entry', place], 'Section Entry')
    })
    checkSections(section, at, check, depth + 1)
  })
}

function eachItem(list: JsonValue | undefined, work: (item: JsonValue, index: number) => void) {
  if (Array.isArray(list)) list.forEach(work)
}

function checkTarget(reference: string, fullUrl: string | undefined, name: string, run: Run): void {
  const found = findEntries(reference, fullUrl, run.scope)
  if (found.length === 1) return
  if (found.length > 1) {
    const many = `Found ${found.length} matches for '${shown(reference)}' in the bundle (${name})`
    run.report('reference-unresolved', many)
    return
  }
  const alike = bundleIndex(run.scope).byTypeAndId.get(reference) ?? []
  const note =
    alike.length > 0
      ? '. A resource of this type and id is there, but its fullUrl is another one'
      : ''
  run.report(
    'reference-unresolved',
    `Can't find '${shown(reference)}' in the bundle (${name})${note}`,
  )
}

/** What a MessageHeader is about is in the message. R4 messageheader.html. */
export function checkFocus({ resource, fullUrl }: BundleEntry, run: Run): void {
  if (resource?.resourceType !== 'MessageHeader') return
  eachItem(resource.focus, (focus, index) => {
    if (!isObject(focus) || typeof focus.reference !== 'string') return
    const { reference } = focus
    run.at(['entry', 0, 'resource', 'focus', index], () =>
      checkTarget(reference, fullUrl, 'MessageHeader.focus', run),
    )
  })
}

/**
 * Changes at one place of a draft that keep a primitive and its sibling together: `given` and
 * `_given` have the same length and order. R4 json.html#primitive.
 */
import type { JsonValue } from '../fhir/resource.ts'
import type { Draft, Token } from './draft.ts'
import { memberOf, removeMember, setMember, writeMember } from './draft.ts'
import type { ElementValue } from './parameter-value.ts'

type Path = readonly Token[]

/** Puts a value into the list of an element, which is made when it is not there yet. */
export function insertItem(draft: Draft, owner: Path, index: number, item: ElementValue): void {
  const { name } = item.element
  editLists(draft, owner, name, item.sibling !== undefined, (list, isSibling) => {
    list.splice(index, 0, (isSibling ? item.sibling : item.value) ?? null)
  })
}

export function moveItem(draft: Draft, owner: Path, name: string, from: number, to: number): void {
  editLists(draft, owner, name, false, (list) => {
    list.splice(to, 0, ...list.splice(from, 1))
  })
}

export function removeItem(draft: Draft, owner: Path, name: string, index: number): void {
  editLists(draft, owner, name, false, (list) => list.splice(index, 1))
}

export function replaceItem(draft: Draft, owner: Path, index: number, item: ElementValue): void {
  editLists(draft, owner, item.element.name, item.sibling !== undefined, (list, isSibling) => {
    list[index] = (isSibling ? item.sibling : item.value) ?? null
  })
}

export function setSingle(draft: Draft, owner: Path, item: ElementValue): void {
  removeSingle(draft, owner, item.element.name)
  const container = draft.own(owner)
  const { value, text } = item
  if (value !== undefined) writeMember(container, item.element.name, { value, text })
  if (item.sibling !== undefined) setMember(container, `_${item.element.name}`, item.sibling)
}

export function removeSingle(draft: Draft, owner: Path, name: string): void {
  const container = draft.own(owner)
  removeMember(container, name)
  removeMember(container, `_${name}`)
}

/** Makes an absent member an object. */
export function makeMember(draft: Draft, owner: Path, name: string): void {
  setMember(draft.own(owner), name, {})
}

/** Makes an absent item of a sibling list an object; the items before it stay null. */
export function makeItem(draft: Draft, owner: Path, name: string, index: number): void {
  const container = draft.own(owner)
  if (memberOf(container, name) === undefined) setMember(container, name, [])
  const list = draft.own([...owner, name])
  if (!Array.isArray(list)) return
  while (list.length <= index) list.push(null)
  list[index] = {}
}

/** Number of items of a list, extensions of absent values included. */
export function listLength(container: JsonValue | undefined, name: string): number {
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return 0
  const list = memberOf(container, name)
  const siblings = memberOf(container, `_${name}`)
  return Math.max(
    Array.isArray(list) ? list.length : 0,
    Array.isArray(siblings) ? siblings.length : 0,
  )
}

/** Runs one change on the list and on its sibling, both padded to one length before. */
function editLists(
  draft: Draft,
  owner: Path,
  name: string,
  needsSibling: boolean,
  edit: (list: JsonValue[], isSibling: boolean) => void,
): void {
  const container = draft.own(owner)
  const length = listLength(container as JsonValue, name)
  const hasSibling = memberOf(container, `_${name}`) !== undefined
  for (const isSibling of needsSibling || hasSibling ? [false, true] : [false]) {
    const key = isSibling ? `_${name}` : name
    if (memberOf(container, key) === undefined) setMember(container, key, [])
    const list = draft.own([...owner, key])
    if (!Array.isArray(list)) continue
    while (list.length < length) list.push(null)
    edit(list, isSibling)
    if (isSibling && list.every((item) => item === null)) removeMember(container, key)
  }
  dropWithoutValues(container as { [key: string]: JsonValue }, name)
}

/** A list of nulls only is no list; the sibling alone carries what there is. */
function dropWithoutValues(container: { [key: string]: JsonValue }, name: string): void {
  const list = memberOf(container, name)
  if (Array.isArray(list) && list.every((item) => item === null)) removeMember(container, name)
}

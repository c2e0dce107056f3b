/** Quantities compared across units of the same kind. R4 datatypes.html#Quantity, UCUM. */
import type { JsonObject } from '../fhir/resource.ts'

/** Of each unit: its dimension and its size in the dimension's own unit. */
const units: Readonly<Record<string, readonly [dimension: string, factor: number]>> = {
  g: ['mass', 1],
  '[lb_av]': ['mass', 453.59237],
  '[oz_av]': ['mass', 28.349523125],
  t: ['mass', 1e6],
  m: ['length', 1],
  '[in_i]': ['length', 0.0254],
  '[ft_i]': ['length', 0.3048],
  L: ['volume', 1],
  l: ['volume', 1],
  s: ['time', 1],
  min: ['time', 60],
  h: ['time', 3600],
  d: ['time', 86_400],
  wk: ['time', 604_800],
  mo: ['time', 2_629_800],
  a: ['time', 31_557_600],
  Pa: ['pressure', 1],
  bar: ['pressure', 100_000],
  'mm[Hg]': ['pressure', 133.322],
  mol: ['amount', 1],
  '%': ['ratio', 0.01],
  '1': ['ratio', 1],
}

const prefixes: Readonly<Record<string, number>> = {
  G: 1e9,
  M: 1e6,
  k: 1e3,
  h: 1e2,
  d: 1e-1,
  c: 1e-2,
  m: 1e-3,
  u: 1e-6,
  n: 1e-9,
  p: 1e-12,
}

const metric = new Set(['g', 'm', 'L', 'l', 's', 'Pa', 'bar', 'mol'])

function sizeOf(code: string): readonly [string, number] | undefined {
  if (Object.hasOwn(units, code)) return units[code]
  const prefix = prefixes[code[0]!]
  const unit = code.slice(1)
  if (prefix === undefined || !metric.has(unit)) return undefined
  const [dimension, factor] = units[unit]!
  return [dimension, factor * prefix]
}

/** Undefined when one has no value, or the units are different kinds or not known here. */
export function compareQuantities(left: JsonObject, right: JsonObject): number | undefined {
  const [one, other] = [left.value, right.value]
  if (typeof one !== 'number' || typeof other !== 'number') return undefined
  const [code, otherCode] = [unitOf(left), unitOf(right)]
  if (code === otherCode) return one - other
  const [from, to] = [code && sizeOf(code), otherCode && sizeOf(otherCode)]
  if (!from || !to || from[0] !== to[0]) return undefined
  return one * from[1] - other * to[1]
}

/** The length of a duration; undefined for other quantities. */
export function durationMs(quantity: JsonObject): number | undefined {
  const code = unitOf(quantity)
  const size = code === undefined ? undefined : sizeOf(code)
  if (size?.[0] !== 'time' || typeof quantity.value !== 'number') return undefined
  return quantity.value * size[1] * 1000
}

function unitOf({ code, unit }: JsonObject): string | undefined {
  const text = code ?? unit
  return typeof text === 'string' ? text : undefined
}

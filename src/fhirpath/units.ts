/**
 * The UCUM units that clinical quantities use, enough to compare across units (`1 'kg' > 500 'g'`).
 * An unknown unit compares with itself only. https://ucum.org/ucum
 */

interface Dimension {
  readonly factor: number
  /** Exponents by base unit. */
  readonly powers: Readonly<Record<string, number>>
}

const PREFIXES: Readonly<Record<string, number>> = {
  Y: 1e24,
  Z: 1e21,
  E: 1e18,
  P: 1e15,
  T: 1e12,
  G: 1e9,
  M: 1e6,
  k: 1e3,
  h: 1e2,
  da: 1e1,
  d: 1e-1,
  c: 1e-2,
  m: 1e-3,
  u: 1e-6,
  n: 1e-9,
  p: 1e-12,
  f: 1e-15,
  a: 1e-18,
  z: 1e-21,
  y: 1e-24,
}

const metric = (factor: number, powers: Dimension['powers']): Dimension => ({ factor, powers })

const METRIC: Readonly<Record<string, Dimension>> = {
  m: metric(1, { m: 1 }),
  g: metric(1, { g: 1 }),
  s: metric(1, { s: 1 }),
  K: metric(1, { K: 1 }),
  C: metric(1, { C: 1 }),
  cd: metric(1, { cd: 1 }),
  rad: metric(1, { rad: 1 }),
  mol: metric(6.0221367e23, {}),
  eq: metric(6.0221367e23, {}),
  osm: metric(6.0221367e23, {}),
  L: metric(1e-3, { m: 3 }),
  l: metric(1e-3, { m: 3 }),
  Hz: metric(1, { s: -1 }),
  N: metric(1e3, { g: 1, m: 1, s: -2 }),
  Pa: metric(1e3, { g: 1, m: -1, s: -2 }),
  bar: metric(1e8, { g: 1, m: -1, s: -2 }),
  'm[Hg]': metric(133_322_000, { g: 1, m: -1, s: -2 }),
  'm[H2O]': metric(9_806_650, { g: 1, m: -1, s: -2 }),
  J: metric(1e3, { g: 1, m: 2, s: -2 }),
  cal: metric(4184, { g: 1, m: 2, s: -2 }),
  W: metric(1e3, { g: 1, m: 2, s: -3 }),
  A: metric(1, { C: 1, s: -1 }),
  V: metric(1e3, { g: 1, m: 2, s: -2, C: -1 }),
  kat: metric(6.0221367e23, { s: -1 }),
  U: metric(6.0221367e17 / 60, { s: -1 }),
  Gy: metric(1, { m: 2, s: -2 }),
  Sv: metric(1, { m: 2, s: -2 }),
  Bq: metric(1, { s: -1 }),
  t: metric(1e6, { g: 1 }),
}

const PLAIN: Readonly<Record<string, Dimension>> = {
  '%': metric(0.01, {}),
  '10*': metric(10, {}),
  '10^': metric(10, {}),
  min: metric(60, { s: 1 }),
  h: metric(3600, { s: 1 }),
  d: metric(86_400, { s: 1 }),
  wk: metric(604_800, { s: 1 }),
  mo: metric(2_629_800, { s: 1 }),
  a: metric(31_557_600, { s: 1 }),
  deg: metric(Math.PI / 180, { rad: 1 }),
  '[in_i]': metric(0.0254, { m: 1 }),
  '[ft_i]': metric(0.3048, { m: 1 }),
  '[yd_i]': metric(0.9144, { m: 1 }),
  '[mi_i]': metric(1609.344, { m: 1 }),
  '[lb_av]': metric(453.59237, { g: 1 }),
  '[oz_av]': metric(28.349523125, { g: 1 }),
}

const known = new Map<string, Dimension | undefined>()

/** `value` in the units of `to`; undefined when they measure different things or are unknown. */
export function convertUnits(value: number, from: string, to: string): number | undefined {
  if (from === to) return value
  const source = dimensionOf(from)
  const target = dimensionOf(to)
  if (!source || !target || !samePowers(source.powers, target.powers)) return undefined
  return (value * source.factor) / target.factor
}

function samePowers(a: Dimension['powers'], b: Dimension['powers']): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => (a[name] ?? 0) === (b[name] ?? 0))
}

function dimensionOf(unit: string): Dimension | undefined {
  if (known.has(unit)) return known.get(unit)
  const dimension = parseUnit(unit)
  if (known.size > 1000) known.clear()
  known.set(unit, dimension)
  return dimension
}

const TERM = /([./]?)((?:\[[^\]]*\]|10[*^]|[^./\d[\]+-])+(?:\[[^\]]*\])?|\d+(?![*^]))([+-]?\d+)?/y

function parseUnit(unit: string): Dimension | undefined {
  const text = unit.replace(/\{[^}]*\}/g, '')
  if (text === '') return metric(1, {})
  let factor = 1
  const powers: Record<string, number> = {}
  TERM.lastIndex = 0
  while (TERM.lastIndex < text.length) {
    const match = TERM.exec(text)
    const atom = match && atomOf(match[2]!)
    if (!match || !atom) return undefined
    const power = Number(match[3] ?? 1) * (match[1] === '/' ? -1 : 1)
    factor *= atom.factor ** power
    for (const [name, exponent] of Object.entries(atom.powers)) {
      powers[name] = (powers[name] ?? 0) + exponent * power
    }
  }
  return { factor, powers }
}

function atomOf(text: string): Dimension | undefined {
  if (/^\d+$/.test(text)) return metric(Number(text), {})
  const whole = PLAIN[text] ?? METRIC[text]
  if (whole) return whole
  for (const length of [2, 1]) {
    const prefix = PREFIXES[text.slice(0, length)]
    const atom = METRIC[text.slice(length)]
    if (prefix !== undefined && atom && text.length > length) {
      return metric(prefix * atom.factor, atom.powers)
    }
  }
  return undefined
}

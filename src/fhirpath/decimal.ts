/** Exact decimal arithmetic: `units` divided by ten to the power of `scale`. */

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/
/** Digits after the point that a quotient keeps. */
const QUOTIENT_SCALE = 18

export class Decimal {
  readonly units: bigint
  readonly scale: number

  constructor(units: bigint, scale: number) {
    this.units = units
    this.scale = scale
  }

  /** Undefined when the text is no decimal. */
  static parse(text: string): Decimal | undefined {
    const match = DECIMAL.exec(text)
    if (!match) return undefined
    const [, sign, whole, fraction = '', exponent] = match
    const units = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
    const scale = fraction.length - Number(exponent ?? 0)
    return scale >= 0 ? new Decimal(units, scale) : new Decimal(units * 10n ** BigInt(-scale), 0)
  }

  /** Of a finite number; exact as it is printed. */
  static of(value: number): Decimal {
    return Decimal.parse(String(value))!
  }

  get isZero(): boolean {
    return this.units === 0n
  }

  plus(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale)
    return new Decimal(this.#unitsAt(scale) + other.#unitsAt(scale), scale)
  }

  negated(): Decimal {
    return new Decimal(-this.units, this.scale)
  }

  minus(other: Decimal): Decimal {
    return this.plus(other.negated())
  }

  times(other: Decimal): Decimal {
    return new Decimal(this.units * other.units, this.scale + other.scale)
  }

  /** The divisor must not be zero. */
  dividedBy(other: Decimal): Decimal {
    const shift = QUOTIENT_SCALE + other.scale - this.scale
    const numerator = shift > 0 ? this.units * 10n ** BigInt(shift) : this.units
    const denominator = shift < 0 ? other.units * 10n ** BigInt(-shift) : other.units
    return new Decimal(roundedQuotient(numerator, denominator), QUOTIENT_SCALE).trimmed()
  }

  /** The quotient without its fraction. The divisor must not be zero. */
  wholeQuotient(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale)
    return new Decimal(this.#unitsAt(scale) / other.#unitsAt(scale), 0)
  }

  remainder(other: Decimal): Decimal {
    const scale = Math.max(this.scale, other.scale)
    return new Decimal(this.#unitsAt(scale) % other.#unitsAt(scale), scale)
  }

  /** Half away from zero. */
  rounded(scale: number): Decimal {
    if (scale >= this.scale) return this
    return new Decimal(roundedQuotient(this.units, 10n ** BigInt(this.scale - scale)), scale)
  }

  /** Without zeros at the end. */
  trimmed(): Decimal {
    let { units, scale } = this
    while (scale > 0 && units % 10n === 0n) {
      units /= 10n
      scale--
    }
    return new Decimal(units, scale)
  }

  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale)
    const difference = this.#unitsAt(scale) - other.#unitsAt(scale)
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }

  toNumber(): number {
    return Number(this.toString())
  }

  toString(): string {
    if (this.scale === 0) return String(this.units)
    const digits = String(this.units < 0n ? -this.units : this.units).padStart(this.scale + 1, '0')
    const point = digits.length - this.scale
    return `${this.units < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
  }

  #unitsAt(scale: number): bigint {
    return scale === this.scale ? this.units : this.units * 10n ** BigInt(scale - this.scale)
  }
}

function roundedQuotient(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  const remainder = numerator % denominator
  if (2n * absolute(remainder) < absolute(denominator)) return quotient
  return quotient + (numerator < 0n === denominator < 0n ? 1n : -1n)
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

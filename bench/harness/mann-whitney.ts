/**
 * The Mann-Whitney test of two samples, two-sided, by the normal approximation with correction for
 * ties: the probability of ranks as unequal as these, or more, where nothing but chance is at work.
 */
export function mannWhitney(first: readonly number[], second: readonly number[]): number {
  const [m, n] = [first.length, second.length]
  const all = [
    ...first.map((value) => ({ value, isFirst: true })),
    ...second.map((value) => ({ value, isFirst: false })),
  ].toSorted((a, b) => a.value - b.value)
  let rankSum = 0
  let ties = 0
  for (let start = 0; start < all.length;) {
    let end = start
    while (end < all.length && all[end]!.value === all[start]!.value) end++
    const count = end - start
    const rank = (start + 1 + end) / 2
    for (let index = start; index < end; index++) if (all[index]!.isFirst) rankSum += rank
    ties += count ** 3 - count
    start = end
  }
  const total = m + n
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)))
  if (variance === 0) return 1
  const distance = Math.abs(rankSum - (m * (m + 1)) / 2 - (m * n) / 2)
  return 2 * upperTail(Math.max(0, distance - 0.5) / Math.sqrt(variance))
}

/** Of the standard normal distribution, from 0 on. Abramowitz and Stegun 26.2.17, error < 7.5e-8. */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
  const sum = series.reduceRight((rest, factor) => (rest + factor) * t, 0)
  return Math.min(0.5, (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum)
}

/** Dates of the calendar as texts, without a clock. */

/** The day that many days later (earlier when negative). `day` is YYYY-MM-DD. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

export function yearOf(day: string): number {
  return Number(day.slice(0, 4))
}

/** An instant on a day, in universal time. */
export function at(day: string, hour: number, minute = 0): string {
  const two = (number: number) => String(number).padStart(2, '0')
  return `${day}T${two(hour)}:${two(minute)}:00Z`
}

/** `18/03/2025`, as people write it in France. */
export function frenchDate(day: string): string {
  return day.slice(0, 10).split('-').toReversed().join('/')
}

/** An instant as CDA writes it: 20250318093000+0000. */
export function cdaTime(instant: string): string {
  return `${instant.slice(0, 19).replaceAll(/[-:T]/g, '')}+0000`
}

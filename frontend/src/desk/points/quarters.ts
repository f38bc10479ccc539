/** The quarter of a Beijing day `2026-11-22`: `2026Q4`. */
export function quarterOf(day: string): string {
  const [year = '', month = '1'] = day.split('-')
  return `${year}Q${Math.ceil(Number(month) / 3)}`
}

/** The quarter of this day and those before it, the newest first. */
export function quarters(day: string, count: number): string[] {
  const [year = 0, quarter = 1] = quarterOf(day).split('Q').map(Number)
  return Array.from({ length: count }, (_, i) => {
    const n = year * 4 + (quarter - 1) - i
    return `${Math.floor(n / 4)}Q${(n % 4) + 1}`
  })
}

/** `2026-11-22` so many days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

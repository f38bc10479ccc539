/** The quarter of a Beijing day `2026-11-22`: `2026Q4`. */
export function quarterOf(day: string): string {
  const [year = '', month = '1'] = day.split('-')
  return `${year}Q${Math.ceil(Number(month) / 3)}`
}

/** The quarter given and those before it, the newest first: `2026Q1` → `2026Q1`, `2025Q4`, … */
export function quarters(newest: string, count: number): string[] {
  const parts = /^(\d{4})Q([1-4])$/.exec(newest)
  if (!parts) return []
  const last = Number(parts[1]) * 4 + Number(parts[2]) - 1
  return Array.from({ length: count }, (_, back) => {
    const n = last - back
    return `${Math.floor(n / 4)}Q${(n % 4) + 1}`
  })
}

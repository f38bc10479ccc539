/** The quarter given and those before it, the newest first: `2026Q1` → `2026Q1`, `2025Q4`, … */
export function quarters(newest: string, count: number): string[] {
  const parts = /^(\d{4})Q([1-4])$/.exec(newest)
  if (!parts) return []
  const last = Number(parts[1]) * 4 + Number(parts[2]) - 1
  return Array.from({ length: count }, (_none, back) => {
    const index = last - back
    return `${Math.floor(index / 4)}Q${(index % 4) + 1}`
  })
}

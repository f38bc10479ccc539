/** Points with at most two decimals and no trailing zeros: 1.5. */
export function points(value: number): string {
  return String(Math.round(value * 100) / 100)
}
/** With a sign, for what was added or taken: +1.5, −2. */
export function signed(value: number): string {
  return value < 0 ? `−${points(-value)}` : `+${points(value)}`
}
/** Square kilometres from square metres, two decimals. */
export function squareKilometres(squareMetres: number): string {
  return (squareMetres / 1_000_000).toFixed(2)
}

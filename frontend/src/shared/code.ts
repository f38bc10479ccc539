/** Milliseconds until the next check-in code is asked for. A device whose clock is wrong cannot tell when a code ends;
 * it asks three times in the life of one, which always finds one that still passes. */
export function nextCode(validUntil: string, rotatesEvery: number, now: number = Date.now()): number {
  const left = Date.parse(validUntil) - now
  const life = rotatesEvery * 1000
  return left > 0 && left <= life ? left + 200 : Math.round(life / 3)
}

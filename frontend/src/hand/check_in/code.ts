/** The code inside what a camera read: an address that ends in `/c/CODE`, or the code alone; undefined when it is
 * something else. Only the code is used, never the address: no picture can lead to another site. */
export function codeOf(text: string): string | undefined {
  const given = text.trim()
  const code = /^https?:\/\/[^/\s]+\/(?:hand\/)?c\/([\w-]+)\/?(?:[?#].*)?$/i.exec(given)?.[1] ?? given
  return /^[\w-]{60,200}$/.test(code) ? code : undefined
}

/** Milliseconds for which a code may still pass after it was scanned; later there is no use in trying. */
export const codeHolds = 90_000

const known = {
  check_in_code_expired: 'expired',
  check_in_code_invalid: 'invalid',
  check_in_closed: 'closed',
  activity_full: 'full',
  activity_cancelled: 'cancelled',
  no_member: 'no_member',
} as const
/** Which of the page's texts explains a problem. */
export function explained(code: string): (typeof known)[keyof typeof known] | 'failed' {
  return known[code as keyof typeof known] ?? 'failed'
}

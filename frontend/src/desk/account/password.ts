// Without signs that are read for one another when copied from paper: 0 O, 1 l I.
const signs = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A random password of this many signs, to be handed over and changed at the first sign-in. */
export function makePassword(length = 14): string {
  let made = ''
  while (made.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // The last incomplete round of the alphabet is left out, so that every sign is as likely as another.
      if (byte < signs.length * Math.floor(256 / signs.length) && made.length < length) {
        made += signs[byte % signs.length]
      }
    }
  }
  return made
}

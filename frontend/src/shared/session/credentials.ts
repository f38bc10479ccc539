/** What the server asks of user names and passwords, said before anything is sent. */
export function isUsername(text: string): boolean {
  return /^[\p{L}\p{N}._-]{2,64}$/u.test(text)
}
export function isLongEnough(password: string): boolean {
  return Array.from(password).length >= 12
}

export type Lack = 'current' | 'short' | 'same' | 'again'

/** What is wrong with a change of password: the field and why. */
export function lacking(form: { current: string; new: string; again: string }): [keyof typeof form, Lack][] {
  const found: [keyof typeof form, Lack][] = []
  if (!form.current) found.push(['current', 'current'])
  if (!isLongEnough(form.new)) found.push(['new', 'short'])
  else if (form.new === form.current) found.push(['new', 'same'])
  if (form.again !== form.new) found.push(['again', 'again'])
  return found
}

import { Problem } from '@/api'
import { t } from '@/shared/i18n'
import { problemText } from '@/shared/problems'
import { isLongEnough, isUsername } from '@/shared/session/credentials'

export interface Founding {
  token: string
  township_code: string
  username: string
  display_name: string
  password: string
}

/** The one-time token behind the `#` of the address that the server printed; empty when there is none. */
export function tokenIn(hash: string): string {
  const token = /^#([\w-]{1,128})$/.exec(hash.trim())
  return token?.[1] ?? ''
}

/** The township and the one-time token behind the `#` of the address that the operator's command printed. */
export function restoreIn(hash: string): Pick<Founding, 'township_code' | 'token'> | undefined {
  const [, township_code, token] = /^#(\d{9})\.([\w-]{1,128})$/.exec(hash.trim()) ?? []
  return township_code && token ? { township_code, token } : undefined
}

/** As it is sent: without the spaces and line ends that come along when something is copied. */
export function toSend(form: Founding): Founding {
  return {
    token: form.token.replace(/\s/g, ''),
    township_code: form.township_code.replace(/\s/g, ''),
    username: form.username.trim(),
    display_name: form.display_name.trim(),
    password: form.password,
  }
}

export type Need = 'token' | 'code' | 'username' | 'display_name' | 'password'

/** What is wrong with the form: the field and why. */
export function lacking(form: Founding): [keyof Founding, Need][] {
  const { token, township_code, username, display_name, password } = toSend(form)
  const found: [keyof Founding, Need][] = []
  if (!token) found.push(['token', 'token'])
  if (!/^\d{9}$/.test(township_code)) found.push(['township_code', 'code'])
  if (!isUsername(username)) found.push(['username', 'username'])
  if (!display_name) found.push(['display_name', 'display_name'])
  if (!isLongEnough(password)) found.push(['password', 'password'])
  return found
}

/** A problem that concerns one field though the server says it of the whole, at that field. */
export function placed(problem: Problem, taken: 'township_code' | 'username' = 'township_code'): Problem {
  const [field, message] =
    problem.is('setup_token_invalid') || problem.is('recovery_token_invalid')
      ? ['token', problemText(problem)]
      : problem.is('already_exists')
        ? [taken, taken === 'township_code' ? t('township.exists') : problemText(problem)]
        : []
  if (!field || !message) return problem
  const { code, title, status } = problem
  return new Problem({ code, title, errors: [{ field, code, message }] }, status)
}

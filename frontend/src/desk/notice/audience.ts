import type { Notice, Role } from '@/api'
import { t } from '@/shared/i18n'
import { label } from '@/shared/labels'

/** The roles that the office writes to. */
export const AUDIENCE: readonly Role[] = ['leader', 'clerk', 'grid_head', 'worker', 'member']

/** To whom a notice goes, in words. */
export function audience(notice: Pick<Notice, 'roles' | 'grid'>): string {
  const all = AUDIENCE.every((role) => notice.roles.includes(role))
  const everybody = t(notice.grid ? 'notice.holders' : 'notice.everybody')
  const who = all ? everybody : notice.roles.map((role) => label('role', role)).join('、')
  return `${notice.grid?.name ?? t('notice.whole_township')} · ${who}`
}

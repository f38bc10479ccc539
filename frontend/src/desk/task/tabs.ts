import { t } from '@/shared/i18n'
import type { Needed } from '@/shared/session'

/** The pages of this section that one may see. */
export function tabs(can: (needed: Needed) => boolean): { to: string; text: string }[] {
  return [
    { to: '/tasks', text: t('task.all') },
    ...(can('task.verify') ? [{ to: '/tasks/to-verify', text: t('task.to_verify') }] : []),
  ]
}

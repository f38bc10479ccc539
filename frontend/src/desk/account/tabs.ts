import { t } from '@/shared/i18n'
import type { Needed } from '@/shared/session'

/** The pages of the settings that one may see. */
export function tabs(can: (needed: Needed) => boolean): { to: string; text: string }[] {
  const own = { to: '/settings', text: t('account.mine') }
  if (!can('account.read')) return [own]
  return [
    own,
    { to: '/settings/accounts', text: t('account.accounts') },
    { to: '/settings/roles', text: t('account.roles') },
  ]
}

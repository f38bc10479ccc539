import { t } from '@/shared/i18n'

/** The pages of this section. */
export function tabs(): { to: string; text: string }[] {
  return [
    { to: '/points', text: t('points.title') },
    { to: '/points/entries', text: t('points.entries') },
    { to: '/points/rules', text: t('points.rules') },
  ]
}

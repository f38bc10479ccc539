import type { RoomTexts } from '@/shared/i18n/texts'
import outbox from './outbox/texts/zh-CN'
import nav from './shell/texts/zh-CN'

/** Every text of the hand: `nav` from shell/texts is said as `t('nav.…')`, and so on. The first are part of the frame, in Chinese at once; the
 * others come with their page. */
export const handTexts = {
  nav: [nav, () => import('./shell/texts/en')],
  outbox: [outbox, () => import('./outbox/texts/en')],
  activity: [() => import('./activity/texts/zh-CN'), () => import('./activity/texts/en')],
  check_in: [() => import('./check_in/texts/zh-CN'), () => import('./check_in/texts/en')],
  me: [() => import('./me/texts/zh-CN'), () => import('./me/texts/en')],
  notice: [() => import('./notice/texts/zh-CN'), () => import('./notice/texts/en')],
  points: [() => import('./points/texts/zh-CN'), () => import('./points/texts/en')],
  task: [() => import('./task/texts/zh-CN'), () => import('./task/texts/en')],
} as const satisfies RoomTexts

declare module '@/shared/i18n/texts' {
  interface Faces {
    hand: typeof handTexts
  }
}

import type { RoomTexts } from '@/shared/i18n/texts'
import print from './print/texts/zh-CN'
import shared from './shared/texts/zh-CN'
import nav from './shell/texts/zh-CN'

/** Every text of the desk: `nav` from shell/texts is said as `t('nav.…')`, and so on. The first are part of the frame, in Chinese at once; the
 * others come with their page. */
export const deskTexts = {
  nav: [nav, () => import('./shell/texts/en')],
  print: [print, () => import('./print/texts/en')],
  shared: [shared, () => import('./shared/texts/en')],
  account: [() => import('./account/texts/zh-CN'), () => import('./account/texts/en')],
  activity: [() => import('./activity/texts/zh-CN'), () => import('./activity/texts/en')],
  audit: [() => import('./audit/texts/zh-CN'), () => import('./audit/texts/en')],
  checklist: [() => import('./checklist/texts/zh-CN'), () => import('./checklist/texts/en')],
  grid: [() => import('./grid/texts/zh-CN'), () => import('./grid/texts/en')],
  home: [() => import('./home/texts/zh-CN'), () => import('./home/texts/en')],
  import: [() => import('./import/texts/zh-CN'), () => import('./import/texts/en')],
  job: [() => import('./job/texts/zh-CN'), () => import('./job/texts/en')],
  member: [() => import('./member/texts/zh-CN'), () => import('./member/texts/en')],
  notice: [() => import('./notice/texts/zh-CN'), () => import('./notice/texts/en')],
  points: [() => import('./points/texts/zh-CN'), () => import('./points/texts/en')],
  task: [() => import('./task/texts/zh-CN'), () => import('./task/texts/en')],
  township: [() => import('./township/texts/zh-CN'), () => import('./township/texts/en')],
} as const satisfies RoomTexts

declare module '@/shared/i18n/texts' {
  interface Faces {
    desk: typeof deskTexts
  }
}

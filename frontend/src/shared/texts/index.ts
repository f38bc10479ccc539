import type { Spoken } from '../i18n/texts'
import zh from './zh-CN'

/** What both faces say, said without the name of a room: `t('common.retry')`. What the words of the interface are called comes from
 * the contract (`label('grid_kind', 'sub')`). */
export const root = [zh, () => import('./en')] as const satisfies Spoken

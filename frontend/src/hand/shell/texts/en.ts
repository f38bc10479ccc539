import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  activity: 'Activities',
  me: 'Me',
  notice: 'Notices',
  points: 'Points',
  task: 'To do',
} satisfies English<typeof zh>

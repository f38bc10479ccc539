import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  account: 'Settings',
  activity: 'Activities',
  audit: 'Audit log',
  checklist: 'Checklists',
  grid: 'Grids',
  home: 'Today',
  job: 'Jobs',
  member: 'People',
  notice: 'Notices',
  points: 'Points',
  task: 'Tasks',
} satisfies English<typeof zh>

import type { English } from '@/shared/i18n/texts'
import type zh from './zh-CN'

export default {
  unit: 'Unit: {name}',
  date: 'Date: {date}',
  by: 'Prepared by:',
  sign: 'Signed by the person in charge:',
} satisfies English<typeof zh>

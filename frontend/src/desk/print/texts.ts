import { defineTexts } from '@/shared/i18n'

export default defineTexts({
  'zh-CN': {
    unit: '单位：{name}',
    date: '日期：{date}',
    by: '填表人：',
    sign: '负责人签字：',
  },
  en: {
    unit: 'Unit: {name}',
    date: 'Date: {date}',
    by: 'Prepared by:',
    sign: 'Signed by the person in charge:',
  },
})

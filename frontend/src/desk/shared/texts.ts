import { defineTexts } from '@/shared/i18n'

export default defineTexts({
  'zh-CN': {
    pick_person: '输入姓名、拼音首字母、编号或手机尾号',
    pick_grid: '选择网格',
    no_person: '没有找到这名人员',
    type_to_search: '请输入后查找',
    shown: '已显示 {n} 项',
    sections: '本栏目',
    leave_title: '离开此页？',
    leave: '修改还没有保存，离开后将丢失。',
    leave_yes: '不保存，离开',
    stay: '留在此页',
  },
  en: {
    pick_person: 'Name, pinyin initials, number or last digits of the phone',
    pick_grid: 'Choose a grid',
    no_person: 'Nobody found',
    type_to_search: 'Type to search',
    shown: '{n} shown',
    sections: 'In this section',
    leave_title: 'Leave this page?',
    leave: 'Changes have not been saved and will be lost.',
    leave_yes: 'Leave without saving',
    stay: 'Stay',
  },
})

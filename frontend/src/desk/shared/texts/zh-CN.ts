export default {
  first_time: '首次使用：开通镇街',
  pick_person: '输入姓名、拼音首字母、编号或手机尾号',
  pick_grid: '选择网格',
  no_person: '没有找到这名人员',
  type_to_search: '请输入后查找',
  shown: '已显示 {n} 项',
  sections: '本栏目',
  leave_title: '离开此页？',
  leave: '修改尚未保存，离开后将丢失。',
  leave_yes: '不保存，离开',
  stay: '留在此页',
}

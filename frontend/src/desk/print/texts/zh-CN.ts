export default {
  unit: '单位：{name}',
  date: '日期：{date}',
  by: '填表人：',
  sign: '负责人签字：',
}

export default {
  account: '设置',
  activity: '报到与活动',
  audit: '操作日志',
  checklist: '清单',
  grid: '网格',
  home: '今日',
  job: '后台作业',
  member: '人员',
  notice: '通知公告',
  points: '积分',
  task: '任务',
}

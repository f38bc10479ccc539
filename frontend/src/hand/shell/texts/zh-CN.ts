export default {
  activity: '活动',
  me: '我的',
  notice: '通知',
  points: '积分',
  task: '待办',
}

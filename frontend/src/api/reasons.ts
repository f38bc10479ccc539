/** Why an act is not open now to those whose act it is. Written by scripts/labels.mjs from openapi/openapi.json (`npm run generate`). */
export const reasons = {
  'zh-CN': {
    already_exists: '已经存在',
    state_conflict: '当前状态不允许此操作，请刷新后再试',
    no_member: '此账号没有对应的人员',
    checklist_empty: '清单没有条目，不能发布',
    nothing_to_publish: '没有待发布的草稿',
    task_taken: '任务已由他人签收',
    activity_full: '名额已满',
    activity_cancelled: '活动已取消',
    activity_attended: '已有人签到，不能取消；可以提前结束时间',
    check_in_closed: '不在签到时间内',
  },
  en: {
    already_exists: 'This exists already',
    state_conflict: 'The present state does not allow this; reload and try again',
    no_member: 'This account is not linked to a member',
    checklist_empty: 'A checklist without items cannot be published',
    nothing_to_publish: 'There is no draft to publish',
    task_taken: 'Somebody else has accepted the task',
    activity_full: 'The activity is full',
    activity_cancelled: 'The activity was cancelled',
    activity_attended: 'People have checked in; move the end forward instead',
    check_in_closed: 'Check-in is not open now',
  },
} as const

/** Every permission the server knows; asking for another is a spelling mistake the compiler finds. */
export const permissions = [
  'township.read',
  'account.read',
  'account.manage',
  'calendar.read',
  'home.read',
  'grid.read',
  'grid.manage',
  'member.read',
  'member.manage',
  'checklist.read',
  'checklist.manage',
  'checklist.publish',
  'task.read',
  'task.read_all',
  'task.submit',
  'task.verify',
  'task.verify_all',
  'activity.read',
  'activity.manage',
  'activity.sign_up',
  'activity.steward',
  'activity.read_people',
  'points.read',
  'points.read_all',
  'attachment.read',
  'attachment.create',
  'job.manage',
  'audit.read',
] as const

export type Permission = (typeof permissions)[number]
/** One permission, or several of which any one is enough. */
export type Needed = Permission | readonly Permission[] | undefined

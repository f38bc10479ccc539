import type { OperationId } from '@/api'

/** What shows tasks and must be read again after one was verified or returned. */
export const afterVerdict: OperationId[] = [
  'list_to_verify',
  'get_to_verify',
  'list_tasks',
  'list_inbox',
  'get_task',
  'get_home',
  'get_my_purse',
  'list_points_entries',
]

import type { TaskLogEntry, TaskLogKind, TaskState } from '@/api'

/** Whether nothing is left to be done about it, so that its deadline no longer counts. */
export function isClosed(state: TaskState): boolean {
  return state === 'verified' || state === 'cancelled'
}

/** The last line of a kind in a task's log: why it was returned, why it was cancelled. */
export function lastOf(log: readonly TaskLogEntry[], kind: TaskLogKind): TaskLogEntry | undefined {
  return [...log].reverse().find((line) => line.kind === kind)
}

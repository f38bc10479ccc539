import type { Activity } from '@/api'
import { today } from '@/shared/dates'

const minute = 60_000
/** Check-in opens so long before the start. */
export const opensBefore = 30 * minute
/** Check-out is possible so long after the end. */
export const closesAfter = 12 * 60 * minute

type Times = Pick<Activity, 'starts_at' | 'ends_at' | 'phase'>

/** Whether an activity touches the day of `now` in Beijing. */
export function isToday(activity: Times, now: Date = new Date()): boolean {
  const day = today(now)
  return activity.starts_at.slice(0, 10) <= day && day <= activity.ends_at.slice(0, 10)
}

/** Running ones and those of today, the earliest first; the others by their start. */
export function split<T extends Times & { id: string }>(
  running: T[],
  upcoming: T[],
  now: Date = new Date(),
): { today: T[]; later: T[] } {
  const known = new Set(running.map((one) => one.id))
  // One that began between the two reads stands in both.
  const rest = upcoming.filter((one) => !known.has(one.id))
  return {
    today: [...running, ...rest.filter((one) => isToday(one, now))],
    later: rest.filter((one) => !isToday(one, now)),
  }
}

/** Whether the code at the place can be of use now, for checking in or, once in, for checking out. */
export function scanUseful(activity: Activity, now: Date = new Date()): boolean {
  if (activity.phase === 'cancelled') return false
  const present = activity.mine.check_in
  if (present?.checked_out_at) return false
  const start = Date.parse(activity.starts_at) - opensBefore
  const end = Date.parse(activity.ends_at) + (present ? closesAfter : 0)
  return start <= now.getTime() && now.getTime() < end
}

/** Whether it is too late for those who are in to check out by themselves. */
export function checkOutOver(activity: Pick<Activity, 'ends_at'>, now: Date = new Date()): boolean {
  return Date.parse(activity.ends_at) + closesAfter <= now.getTime()
}

/** Whether one may still sign up or withdraw. */
export function open(activity: Times): boolean {
  return activity.phase === 'upcoming' || activity.phase === 'running'
}

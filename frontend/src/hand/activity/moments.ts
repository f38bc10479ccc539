import type { Activity } from '@/api'
import { today } from '@/shared/dates'

const minute = 60_000
/** Check-in opens so long before the start. */
export const opensBefore = 30 * minute

type Times = Pick<Activity, 'starts_at' | 'ends_at'>

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

import type { Participant } from '@/api'

export interface Totals {
  checked: number
  minutes: number
  points: number
}

/** What the check-ins of an activity add up to. */
export function totals(people: readonly Participant[]): Totals {
  return people.reduce<Totals>(
    (sum, { check_in }) => ({
      checked: sum.checked + (check_in ? 1 : 0),
      minutes: sum.minutes + (check_in?.minutes ?? 0),
      points: Math.round((sum.points + (check_in?.points ?? 0)) * 100) / 100,
    }),
    { checked: 0, minutes: 0, points: 0 },
  )
}

import { describe, expect, it } from 'vitest'
import { isToday, split } from './moments'

const now = new Date('2026-11-22T10:00:00+08:00')
const activity = (starts: string, ends: string) => ({
  id: starts,
  starts_at: `2026-11-${starts}:00+08:00`,
  ends_at: `2026-11-${ends}:00+08:00`,
})

describe('today', () => {
  it('is the day in Beijing, and every day of a longer activity', () => {
    expect(isToday(activity('22T00:00', '22T01:00'), now)).toBe(true)
    expect(isToday(activity('23T00:00', '23T01:00'), now)).toBe(false)
    expect(isToday(activity('20T09:00', '24T11:00'), now)).toBe(true)
    expect(isToday(activity('21T20:00', '21T23:59'), now)).toBe(false)
  })
  it('comes before the days after it, and nothing stands twice', () => {
    const running = activity('22T09:00', '22T11:00')
    const evening = activity('22T19:00', '22T20:00')
    const tomorrow = activity('23T09:00', '23T11:00')
    const parts = split([running], [running, evening, tomorrow], now)
    expect(parts.today).toEqual([running, evening])
    expect(parts.later).toEqual([tomorrow])
  })
})

import { describe, expect, it } from 'vitest'
import type { Activity } from '@/api'
import { checkOutOver, isToday, open, scanUseful, split } from './moments'

const now = new Date('2026-11-22T10:00:00+08:00')
const activity = (starts: string, ends: string, change: Partial<Activity> = {}) =>
  ({
    id: starts,
    starts_at: `2026-11-${starts}:00+08:00`,
    ends_at: `2026-11-${ends}:00+08:00`,
    phase: 'upcoming',
    mine: { state: 'none', check_in: null },
    ...change,
  }) as Activity
const present = (out: string | null = null) =>
  ({ mine: { state: 'signed_up', check_in: { id: 'c', checked_out_at: out } } }) as Partial<Activity>

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

describe('scanning', () => {
  it('opens half an hour before the start and ends with the activity', () => {
    expect(scanUseful(activity('22T10:31', '22T12:00'), now)).toBe(false)
    expect(scanUseful(activity('22T10:30', '22T12:00'), now)).toBe(true)
    expect(scanUseful(activity('22T08:00', '22T10:00'), now)).toBe(false)
  })
  it('serves those who are in for twelve hours more', () => {
    expect(scanUseful(activity('21T20:00', '21T22:01', present()), now)).toBe(true)
    expect(scanUseful(activity('21T20:00', '21T22:00', present()), now)).toBe(false)
    expect(scanUseful(activity('22T09:00', '22T11:00', present('x')), now)).toBe(false)
    expect(scanUseful(activity('22T09:00', '22T11:00', { phase: 'cancelled' }), now)).toBe(false)
  })
  it('is over after them, and somebody else must complete it', () => {
    expect(checkOutOver(activity('21T20:00', '21T22:01'), now)).toBe(false)
    expect(checkOutOver(activity('21T20:00', '21T22:00'), now)).toBe(true)
  })
  it('lets people sign up until the end', () => {
    expect(open(activity('22T09:00', '22T11:00', { phase: 'running' }))).toBe(true)
    expect(open(activity('22T09:00', '22T11:00', { phase: 'ended' }))).toBe(false)
  })
})

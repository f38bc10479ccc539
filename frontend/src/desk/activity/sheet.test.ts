import { expect, it } from 'vitest'
import type { Participant } from '@/api'
import { totals } from './sheet'

const no = { allowed: false, code: 'forbidden' }
const person = (minutes: number | null, points: number | null): Participant => ({
  member: { id: 'm', name: '张三' },
  state: 'signed_up',
  check_in: {
    id: 'c',
    occasion: { kind: 'activity', id: 'a', title: '', place: '', link: null },
    checked_in_at: '2026-11-22T09:00:00+08:00',
    checked_out_at: null,
    minutes,
    points,
    completion: null,
    may: { check_out: no, complete_check_in: no },
  },
})

it('adds up whole hundredths and counts those who are still there', () => {
  const away: Participant = {
    member: { id: 'n', name: '李四' },
    state: 'waiting',
    check_in: null,
  }
  expect(totals([person(95, 1.58), person(7, 0.11), person(null, null), away])).toEqual({
    checked: 3,
    minutes: 102,
    points: 1.69,
  })
})

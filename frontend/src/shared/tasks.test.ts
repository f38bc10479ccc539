import { expect, it } from 'vitest'
import type { TaskLogEntry } from '@/api'
import { isClosed, lastOf } from './tasks'

it('is closed once verified or cancelled', () => {
  expect((['open', 'submitted', 'returned', 'verified', 'cancelled'] as const).filter(isClosed)).toEqual([
    'verified',
    'cancelled',
  ])
})

it('finds the last reason of a kind', () => {
  const line = (kind: TaskLogEntry['kind'], note: string | null = null) =>
    ({ at: '2026-11-22T09:00:00+08:00', kind, by: null, note }) as TaskLogEntry
  const log = [line('opened'), line('returned', '补拍'), line('submitted'), line('returned', '看不清')]
  expect(lastOf(log, 'returned')?.note).toBe('看不清')
  expect(lastOf(log, 'cancelled')).toBeUndefined()
})

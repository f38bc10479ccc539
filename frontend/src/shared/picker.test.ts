import { expect, it } from 'vitest'
import { fromPicker, toPicker } from './picker'

it('takes and gives the clock of Beijing, whatever the zone a moment comes in', () => {
  expect(toPicker('2026-11-22T09:30:00+08:00')).toBe('2026-11-22T09:30')
  expect(toPicker('2026-11-21T20:00:00Z')).toBe('2026-11-22T04:00')
  expect(fromPicker('2026-11-22T09:30')).toBe('2026-11-22T09:30:00+08:00')
})

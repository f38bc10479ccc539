import { expect, it } from 'vitest'
import { nextCode } from './code'

const now = Date.parse('2026-11-22T09:00:00Z')

it('waits for the end of the code', () => {
  expect(nextCode('2026-11-22T09:00:12Z', 30, now)).toBe(12_200)
})
it('asks every third of its life where the clock of the device is wrong', () => {
  expect(nextCode('2026-11-22T08:59:00Z', 30, now)).toBe(10_000)
  expect(nextCode('2026-11-22T09:05:00Z', 30, now)).toBe(10_000)
})

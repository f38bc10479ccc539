import { expect, it } from 'vitest'
import { concerns, reason } from './may'

it("says why what is one's own is not open, and is silent about what is others'", () => {
  const closed = { allowed: false, code: 'check_in_closed' }
  expect(reason(closed)).toBe('不在签到时间内')
  expect(concerns(closed)).toBe(true)
  for (const code of ['forbidden', 'not_steward', 'self_verification', 'not_found']) {
    expect([reason({ allowed: false, code }), concerns({ allowed: false, code })]).toEqual(['', false])
  }
  for (const allowed of [true, false]) {
    expect([reason({ allowed, code: null }), concerns({ allowed, code: null })]).toEqual(['', true])
  }
})

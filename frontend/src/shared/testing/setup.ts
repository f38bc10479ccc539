import { afterEach, vi } from 'vitest'

// Dates alone: timers keep their time, and so does the clock from there on.
vi.useFakeTimers({ now: new Date(import.meta.env['TEST_CLOCK']), toFake: ['Date'], shouldAdvanceTime: true })

afterEach(() => {
  localStorage.clear()
})

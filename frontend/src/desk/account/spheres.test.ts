import { expect, it } from 'vitest'
import { excluded } from './spheres'

it('keeps administration, audit and business apart', () => {
  expect(excluded('clerk', [])).toBe(false)
  expect(excluded('clerk', ['leader', 'grid_head'])).toBe(false)
  expect(excluded('administrator', ['clerk'])).toBe(true)
  expect(excluded('clerk', ['administrator'])).toBe(true)
  expect(excluded('auditor', ['administrator'])).toBe(true)
  expect(excluded('auditor', ['auditor'])).toBe(false)
})

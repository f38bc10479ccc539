import { expect, it } from 'vitest'
import { quarters } from './quarters'

it('goes back over the turn of the year', () => {
  expect(quarters('2026Q2', 4)).toEqual(['2026Q2', '2026Q1', '2025Q4', '2025Q3'])
  expect(quarters('2026Q4', 1)).toEqual(['2026Q4'])
  expect(quarters('2026-Q4', 2)).toEqual([])
})

import { expect, it } from 'vitest'
import { quarterOf, quarters } from './quarters'

it('knows the quarter of a day', () => {
  expect(['2026-01-01', '2026-03-31', '2026-04-01', '2026-12-31'].map(quarterOf)).toEqual([
    '2026Q1',
    '2026Q1',
    '2026Q2',
    '2026Q4',
  ])
})
it('goes back over the turn of the year', () => {
  expect(quarters('2026Q2', 4)).toEqual(['2026Q2', '2026Q1', '2025Q4', '2025Q3'])
  expect(quarters('2026Q4', 1)).toEqual(['2026Q4'])
  expect(quarters('2026-Q4', 2)).toEqual([])
})

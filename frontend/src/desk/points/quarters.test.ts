import { expect, it } from 'vitest'
import { addDays, quarterOf, quarters } from './quarters'

it('knows the quarter of a day', () => {
  expect(['2026-01-01', '2026-03-31', '2026-04-01', '2026-12-31'].map(quarterOf)).toEqual([
    '2026Q1',
    '2026Q1',
    '2026Q2',
    '2026Q4',
  ])
})
it('counts back over the turn of the year', () => {
  expect(quarters('2026-02-10', 3)).toEqual(['2026Q1', '2025Q4', '2025Q3'])
})
it('adds days over the end of a month', () => expect(addDays('2026-11-27', 7)).toBe('2026-12-04'))

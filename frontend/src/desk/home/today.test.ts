import { describe, expect, it } from 'vitest'
import type { Home } from '@/api'
import { bars, isClear, matters, share } from './today'

const home = (given: Partial<Home>): Home => ({
  tasks_late: 0,
  tasks_due_today: 0,
  tasks_to_verify: 0,
  vacancies: [],
  vacancy_count: 0,
  activities_today: 0,
  late: [],
  late_by_grid: [],
  ...given,
})

describe('what needs a decision today', () => {
  it('names what is not zero, the late first, each with its list', () => {
    const found = matters(home({ tasks_late: 3, vacancy_count: 2, tasks_to_verify: 1 }), true)
    expect(found.map((one) => [one.name, one.n])).toEqual([
      ['tasks_late', 3],
      ['tasks_to_verify', 1],
      ['vacancies', 2],
    ])
    expect(found[0]?.to).toEqual({ path: '/tasks', query: { late: 'true' } })
    expect(found[2]?.to).toEqual({ path: '/grids', query: { vacant: 'true' } })
  })

  it('links what is due and what takes place today to that day', () => {
    const found = matters(home({ tasks_due_today: 4, activities_today: 1 }), true, '2026-11-22')
    expect(found.map((one) => one.to)).toEqual([
      { path: '/tasks', query: { owed: 'true', due_on: '2026-11-22' } },
      { path: '/activities', query: { on: '2026-11-22' } },
    ])
  })

  it('links a grid head to the vacancies of the own grids', () => {
    expect(matters(home({ vacancy_count: 2 }), false)[0]?.to.query).toEqual({
      vacant: 'true',
      mine: 'true',
    })
  })

  it('is clear when only activities take place', () => {
    expect(isClear(matters(home({}), true))).toBe(true)
    expect(isClear(matters(home({ activities_today: 2 }), true))).toBe(true)
    expect(isClear(matters(home({ tasks_due_today: 1 }), true))).toBe(false)
  })
})

describe('late tasks by general grid', () => {
  const rows = bars([
    { grid_id: 'a', grid_name: '水库村', late: 6 },
    { grid_id: 'b', grid_name: '东海村', late: 2 },
  ])
  it('draws against the longest', () => {
    expect(rows.map((row) => row.percent)).toEqual([100, 33])
    expect(share(rows)).toBe(75)
  })
  it('draws nothing without any', () => {
    expect(bars([])).toEqual([])
    expect(share([])).toBe(0)
  })
})

import type { Home } from '@/api'
import { today } from '@/shared/dates'

export interface Matter {
  name: 'tasks_late' | 'tasks_due_today' | 'tasks_to_verify' | 'vacancies' | 'activities_today'
  n: number
  tone: 'late' | 'soon' | 'info' | 'plain'
  /** The list that the number counts. */
  to: { path: string; query?: Record<string, string> }
}

/** What needs a decision today, the most pressing first; nothing that is zero. `whole`: the account sees the
 * whole township, so that the list of vacancies need not be narrowed to its own grids. */
export function matters(home: Home, whole: boolean, day: string = today()): Matter[] {
  const all: Matter[] = [
    { name: 'tasks_late', n: home.tasks_late, tone: 'late', to: { path: '/tasks', query: { late: 'true' } } },
    {
      name: 'tasks_due_today',
      n: home.tasks_due_today,
      tone: 'soon',
      to: { path: '/tasks', query: { owed: 'true', due_on: day } },
    },
    { name: 'tasks_to_verify', n: home.tasks_to_verify, tone: 'info', to: { path: '/tasks/to-verify' } },
    {
      name: 'vacancies',
      n: home.vacancy_count,
      tone: 'soon',
      to: { path: '/grids', query: { vacant: 'true', ...(whole ? {} : { mine: 'true' }) } },
    },
    {
      name: 'activities_today',
      n: home.activities_today,
      tone: 'plain',
      to: { path: '/activities', query: { on: day } },
    },
  ]
  return all.filter((matter) => matter.n > 0)
}

/** Whether nothing waits; activities alone are no decision. */
export function isClear(found: readonly Matter[]): boolean {
  return found.every((matter) => matter.name === 'activities_today')
}

export interface Bar {
  id: string
  name: string
  n: number
  /** Width against the longest, 0..=100. */
  percent: number
}

export function bars(rows: Home['late_by_grid']): Bar[] {
  const most = Math.max(1, ...rows.map((row) => row.late))
  return rows.map((row) => ({
    id: row.grid_id,
    name: row.grid_name,
    n: row.late,
    percent: Math.round((row.late / most) * 100),
  }))
}

/** The share of the first in all, in whole per cent. */
export function share(rows: readonly Bar[]): number {
  const sum = rows.reduce((all, row) => all + row.n, 0)
  return sum > 0 ? Math.round(((rows[0]?.n ?? 0) / sum) * 100) : 0
}

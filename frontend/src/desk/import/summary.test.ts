import { describe, expect, it } from 'vitest'
import type { Import } from '@/api'
import { accepted, changes, counts, outcome } from './summary'

const result = (given: Partial<Import>): Import => ({
  id: 'i',
  kind: 'members',
  file_name: '花名册.xlsx',
  applied: false,
  dry_run: true,
  rows: 3,
  created: 0,
  updated: 0,
  unchanged: 0,
  faults: [],
  fault_count: 0,
  created_at: '2026-11-22T09:30:00+08:00',
  ...given,
})

describe('what an import came to', () => {
  it('is ready when something would change and done when it has', () => {
    expect(outcome(result({ created: 2, unchanged: 1 }))).toBe('ready')
    expect(outcome(result({ applied: true, dry_run: false, created: 2 }))).toBe('done')
    expect(outcome(result({ unchanged: 3 }))).toBe('nothing')
  })

  it('counts only what the file does', () => {
    expect(changes(result({ created: 2, updated: 1, unchanged: 5 }))).toBe(3)
    expect(counts(result({ created: 2, unchanged: 1 }))).toEqual([
      { name: 'created', n: 2 },
      { name: 'updated', n: 0 },
      { name: 'unchanged', n: 1 },
    ])
  })

  it('says nothing but the faults of a faulty file', () => {
    const faulty = result({ created: 2, fault_count: 4 })
    expect(outcome(faulty)).toBe('faults')
    expect(counts(faulty)).toEqual([{ name: 'fault_count', n: 4 }])
  })

  it('knows files by their ending', () => {
    expect(accepted('名单.XLSX', '.xlsx')).toBe(true)
    expect(accepted('grids.json', '.geojson,.json')).toBe(true)
    expect(accepted('名单.xls', '.xlsx')).toBe(false)
  })
})

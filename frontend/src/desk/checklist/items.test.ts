import { describe, expect, it } from 'vitest'
import type { Checklist } from '@/api'
import { difference, draftOf, lacking, moved, newItem, toEdit, toInput } from './items'
import type { DraftItem } from './paste'

const item = (what: string, more: Partial<DraftItem> = {}): DraftItem => ({
  what,
  role: 'worker',
  frequency: 'weekly',
  evidence: 'photo',
  limit_working_days: 3,
  points: 2,
  ...more,
})

describe('lacking', () => {
  it('finds nothing in whole rows', () => expect(lacking([item('a'), item('b')])).toEqual([]))
  it('names every faulty cell', () => {
    const faulty = item(' ', { role: '', frequency: '', evidence: '', limit_working_days: 61, points: null })
    expect(lacking([item('a'), faulty]).map((one) => [one.index, one.field, one.lack])).toEqual([
      [1, 'what', 'blank'],
      [1, 'role', 'choose'],
      [1, 'frequency', 'choose'],
      [1, 'evidence', 'choose'],
      [1, 'limit_working_days', 'limit'],
      [1, 'points', 'points'],
    ])
  })
  it('counts signs, not code units, and refuses fractions', () => {
    expect(lacking([item('𠮷'.repeat(200))])).toEqual([])
    expect(lacking([item('字'.repeat(201))])[0]?.lack).toBe('long')
    expect(lacking([item('a', { points: 1.5 })])[0]?.field).toBe('points')
  })
  it('finds a duty that stands twice for the same post and frequency', () => {
    expect(lacking([item('a'), item('a ', { points: 5 })])).toEqual([
      { index: 1, field: 'what', lack: 'repeated', first: 0 },
    ])
    expect(lacking([item('a'), item('a', { role: 'sub_head' })])).toEqual([])
  })
})

describe('rows', () => {
  it('moves within bounds', () => {
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c'])
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
    expect(moved(['a', 'b'], 0, 9)).toEqual(['b', 'a'])
  })
  it('starts a new row from the one above', () => {
    expect(newItem(item('a', { points: 7 }))).toEqual(item('', { points: 7 }))
  })
  it('sends trimmed words', () => expect(toInput([item(' a ')])[0]?.what).toBe('a'))
  it('tells how two drafts differ', () => {
    expect(
      difference([item('a'), item('b'), item('c')], [item('a'), item('b', { points: 9 }), item('d')]),
    ).toEqual({ added: 1, changed: 1, removed: 1 })
  })
})

describe('versions', () => {
  const version = (number: number, state: 'draft' | 'published' | 'superseded') => ({
    id: `${number}`,
    number,
    state,
    effective_from: null,
    published_at: null,
    items: [],
  })
  const no = { allowed: false, code: 'forbidden' }
  const list = (...versions: Checklist['versions']): Checklist => ({
    id: 'x',
    kind: 'responsibility',
    title: 't',
    version: 1,
    may: { save_draft: no, preview_checklist: no, publish_checklist: no },
    versions,
    opening: null,
  })
  it('edits the draft, else what is in force', () => {
    expect(toEdit(list(version(2, 'draft'), version(1, 'published')))?.number).toBe(2)
    expect(toEdit(list(version(2, 'published'), version(1, 'superseded')))?.number).toBe(2)
    expect(draftOf(list(version(1, 'published')))).toBeUndefined()
  })
})

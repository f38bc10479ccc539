import { describe, expect, it } from 'vitest'
import type { Written } from './times'
import { lacking, later, toCreate, toUpdate } from './times'

const form: Written = {
  title: '河道清理',
  description: '',
  grid_id: null,
  place: '党群服务站',
  starts_at: '2026-11-22T09:00',
  ends_at: '2026-11-22T11:00',
  capacity: '',
  steward_id: null,
}

describe('times', () => {
  it('are moved across midnight', () => {
    expect(later('2026-11-22T23:30', 60)).toBe('2026-11-23T00:30')
  })
})

describe('lacking', () => {
  it('finds nothing in a whole form', () => expect(lacking(form)).toEqual([]))
  it('finds what is missing or wrong', () => {
    expect(
      lacking({ ...form, title: ' ', place: '', starts_at: '', ends_at: '' }).map((one) => one[1]),
    ).toEqual(['title', 'place', 'starts_at', 'ends_at'])
    expect(lacking({ ...form, ends_at: form.starts_at })).toEqual([['ends_at', 'after']])
    expect(lacking({ ...form, ends_at: '2026-11-29T09:00' })).toEqual([])
    expect(lacking({ ...form, ends_at: '2026-11-29T09:01' })).toEqual([['ends_at', 'long']])
    expect(lacking({ ...form, capacity: '0' })).toEqual([['capacity', 'capacity']])
    expect(lacking({ ...form, capacity: '20' })).toEqual([])
  })
})

describe('what is sent', () => {
  it('is whole for a new one', () => {
    expect(toCreate({ ...form, capacity: '20' })).toMatchObject({
      starts_at: '2026-11-22T09:00:00+08:00',
      capacity: 20,
      steward_id: null,
    })
  })
  it('is only what differs for a change, null where something is taken away', () => {
    expect(toUpdate(form, form)).toEqual({})
    const before = { ...form, capacity: '20', steward_id: 'a' }
    expect(toUpdate(before, { ...form, place: '村委会' })).toEqual({
      place: '村委会',
      capacity: null,
      steward_id: null,
    })
  })
})

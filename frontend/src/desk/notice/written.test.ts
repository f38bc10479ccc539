import { describe, expect, it } from 'vitest'
import { blank, lacking, toCreate, toUpdate } from './written'

const full = { ...blank(), title: '走访', text: '请于明日走访。' }

describe('a notice in the form', () => {
  it('lacks what is empty and a last day that is over', () => {
    expect(lacking({ ...blank(), roles: [], until: '2020-01-01' })).toEqual([
      'title',
      'text',
      'roles',
      'until',
    ])
    expect(lacking(full)).toEqual([])
    expect(lacking({ ...full, until: '2020-01-01' }, { ...full, until: '2020-01-01' })).toEqual([])
  })
  it('sends what was written, without what was left empty', () => {
    expect(toCreate({ ...full, title: ' 走访 ' })).toEqual({
      title: '走访',
      text: full.text,
      roles: full.roles,
    })
  })
  it('sends only what is another than before', () => {
    expect(toUpdate(full, { ...full, roles: [...full.roles].reverse() })).toEqual({})
    expect(toUpdate({ ...full, until: '2026-12-31' }, { ...full, until: '', read_again: true })).toEqual({
      until: null,
      read_again: true,
    })
  })
})

import { describe, expect, it } from 'vitest'
import { makePassword } from './password'
import { named } from './person'

describe('choosing a person', () => {
  const zhang = { id: 'a', number: 'M0001', name: '张建国', username: 'zjg0001' }
  const li = { id: 'b', number: 'M0002', name: '李红', username: 'lh0002' }
  const blank = { username: '', display_name: '' }
  it('brings the name and a user name', () => {
    expect(named(blank, zhang, undefined)).toEqual({ username: 'zjg0001', display_name: '张建国' })
  })
  it('follows a change of mind, and leaves what was typed', () => {
    const first = named(blank, zhang, undefined)
    expect(named(first, li, zhang)).toEqual({ username: 'lh0002', display_name: '李红' })
    expect(named({ ...first, username: 'boss' }, li, zhang)).toEqual({
      username: 'boss',
      display_name: '李红',
    })
    expect(named(first, undefined, zhang)).toEqual(blank)
  })
})

describe('makePassword', () => {
  it('is long enough, of readable signs, and never the same', () => {
    const made = new Set(Array.from({ length: 50 }, () => makePassword()))
    expect(made.size).toBe(50)
    for (const one of made) expect(one).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{14}$/)
  })
})

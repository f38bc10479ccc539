import { expect, it } from 'vitest'
import { isLongEnough, isUsername, lacking } from './credentials'

it('knows user names', () => {
  expect(['admin', '张三', 'zjg0001', 'a.b-c_d'].every(isUsername)).toBe(true)
  expect(['', 'a', 'a b', 'a@b', 'x'.repeat(65)].some(isUsername)).toBe(false)
})

it('counts characters, not their halves', () => {
  expect(isLongEnough('一二三四五六七八九十甲乙')).toBe(true)
  expect(isLongEnough('😀😀😀😀😀😀')).toBe(false)
})

it('names what is wrong with a change of password', () => {
  expect(lacking({ current: '', new: 'short', again: '' })).toEqual([
    ['current', 'current'],
    ['new', 'short'],
    ['again', 'again'],
  ])
  expect(lacking({ current: 'abcdefghijkl', new: 'abcdefghijkl', again: 'abcdefghijkl' })).toEqual([
    ['new', 'same'],
  ])
  expect(lacking({ current: 'old', new: 'abcdefghijkl', again: 'abcdefghijkl' })).toEqual([])
})

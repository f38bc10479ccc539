import { describe, expect, it } from 'vitest'
import { codeOf, explained } from './code'

const code = 'aAZqlwlgPfEGdKz9rHA5aaQGapcJ6PnxBnSs_axwOWncDkWfCBhl4bhfyW-uUGhT_6OZ31w'

describe('what the camera read', () => {
  it('is a code alone or at the end of an address', () => {
    expect(codeOf(code)).toBe(code)
    expect(codeOf(` https://gezhi.example/c/${code}\n`)).toBe(code)
    expect(codeOf(`http://192.168.1.5:8080/hand/c/${code}?from=wechat`)).toBe(code)
  })
  it('is nothing of ours otherwise', () => {
    for (const other of [
      '',
      'https://example.com/',
      `https://x.example/c/`,
      `javascript:${code}`,
      '网格',
      `${code} x`,
    ]) {
      expect(codeOf(other)).toBeUndefined()
    }
    expect(codeOf(`https://x.example/c/${code}/more`)).toBeUndefined()
  })
})

it('explains the problems that people meet at the place', () => {
  expect(explained('check_in_code_expired')).toBe('expired')
  expect(explained('activity_full')).toBe('full')
  expect(explained('internal')).toBe('failed')
})

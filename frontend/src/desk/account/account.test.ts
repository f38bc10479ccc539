import { describe, expect, it } from 'vitest'
import { device } from './device'
import { lacking, makePassword } from './password'

describe('device', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36',
      'Chrome · Windows',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0',
      'Edge · Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 MicroMessenger/8.0',
      'WeChat · iOS',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/17.0 Safari/605',
      'Safari · macOS',
    ],
    ['curl/8.0', 'curl/8.0'],
  ])('%s', (agent, name) => expect(device(agent)).toBe(name))
})

describe('makePassword', () => {
  it('is long enough, of readable signs, and never the same', () => {
    const made = new Set(Array.from({ length: 50 }, () => makePassword()))
    expect(made.size).toBe(50)
    for (const one of made) expect(one).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{14}$/)
  })
})

describe('change of password', () => {
  it('names what is wrong', () => {
    expect(lacking({ current: '', new: 'short', again: '' })).toEqual([
      ['current', 'current'],
      ['new', 'short'],
      ['again', 'again'],
    ])
    expect(lacking({ current: 'abcdefghij', new: 'abcdefghij', again: 'abcdefghij' })).toEqual([
      ['new', 'same'],
    ])
    expect(lacking({ current: 'old', new: 'abcdefghij', again: 'abcdefghij' })).toEqual([])
  })
})

import { expect, it } from 'vitest'
import { device } from './device'

it('names a device as its owner would', () => {
  expect(
    device(
      'Mozilla/5.0 (Linux; Android 10; V1990A) AppleWebKit/537.36 Chrome/86.0 Mobile Safari/537.36 MicroMessenger/8.0',
    ),
  ).toBe('Android · WeChat')
  expect(
    device(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 14_4 like Mac OS X) AppleWebKit/605.1.15 Version/14.0 Safari/604.1',
    ),
  ).toBe('iPhone · Safari')
  expect(
    device(
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0',
    ),
  ).toBe('Windows · Edge')
  expect(device('curl/8.5.0')).toBe('curl/8.5.0')
  expect(device('')).toBe('')
})

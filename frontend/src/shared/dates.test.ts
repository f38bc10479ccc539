import { beforeEach, describe, expect, it } from 'vitest'
import * as dates from './dates'
import { speak } from './i18n'
import { points, signed } from './numbers'

beforeEach(() => speak('zh-CN'))

const now = new Date('2026-11-22T01:30:00Z')

describe('dates', () => {
  it('shows Beijing whatever the offset given', () => {
    expect(dates.date('2026-11-22T09:30:00+08:00')).toBe('2026年11月22日 周日')
    expect(dates.dated('2026-11-22T09:30:00+08:00')).toBe('2026年11月22日')
    expect(dates.dayTime('2026-11-21T23:30:00Z')).toBe('2026-11-22 07:30')
    expect(dates.day('2026-11-22')).toBe('2026-11-22')
    expect(dates.today(new Date('2026-11-21T16:00:00Z'))).toBe('2026-11-22')
    expect(dates.wire(now)).toBe('2026-11-22T09:30:00+08:00')
  })
  it('adds days over the end of a month', () => {
    expect(dates.addDays('2026-11-27', 7)).toBe('2026-12-04')
  })
  it('knows a day when it sees one', () => {
    expect(dates.isDay('2026-11-22')).toBe(true)
    expect(dates.isDay('2024-02-29')).toBe(true)
    for (const text of [
      '',
      'today',
      '0002-11-22',
      '2026-02-30',
      '2026-13-01',
      '2026-11-22T00:00',
      '22-11-2026',
    ]) {
      expect(dates.isDay(text), text).toBe(false)
    }
  })
  it('has English', async () => {
    await speak('en')
    expect(dates.date('2026-11-22')).toBe('Sun 22 Nov 2026')
    expect(dates.period('2026-W47')).toBe('week 47 of 2026')
  })
  it('names near days', () => {
    expect(dates.due('2026-11-22T17:30:00+08:00', now)).toBe('今天 17:30 截止')
    expect(dates.near('2026-11-23T00:10:00+08:00', now)).toBe('明天 00:10')
    expect(dates.near('2026-11-21T17:30:00+08:00', now)).toBe('昨天 17:30')
    expect(dates.near('2026-12-01T17:30:00+08:00', now)).toBe('12月1日 17:30')
    expect(dates.near('2027-01-01T17:30:00+08:00', now)).toBe('2027年1月1日 17:30')
  })
  it('counts lateness in the largest unit', () => {
    expect(dates.lateness('2026-11-22T09:10:00+08:00', now)).toBe('20 分钟')
    expect(dates.lateness('2026-11-21T17:30:00+08:00', now)).toBe('16 小时')
    expect(dates.lateness('2026-11-19T09:30:00+08:00', now)).toBe('3 天')
    expect(dates.soon('2026-11-23T17:30:00+08:00', now)).toBe(true)
    expect(dates.soon('2026-11-21T17:30:00+08:00', now)).toBe(false)
  })
  it('writes spans, lengths and periods', () => {
    expect(dates.span('2026-11-22T09:00:00+08:00', '2026-11-22T11:00:00+08:00')).toBe(
      '2026年11月22日 周日 09:00–11:00',
    )
    expect(dates.duration(90)).toBe('1 小时 30 分钟')
    expect(dates.duration(60)).toBe('1 小时')
    expect(dates.period('2026-11')).toBe('2026年11月')
    expect(dates.period('2026Q4')).toBe('2026年第4季度')
    expect(dates.period('once')).toBe('一次性')
  })
})

describe('numbers', () => {
  it('keeps two decimals at most', () => {
    expect(points(1.5)).toBe('1.5')
    expect(points(2)).toBe('2')
    expect(signed(-0.25)).toBe('−0.25')
    expect(signed(2)).toBe('+2')
  })
})

import dayjs from 'dayjs'
import utc from 'dayjs/plugin/utc'
import { locale, t } from './i18n'

dayjs.extend(utc)

/** Beijing, whatever the zone of the device: the township's day is the day that counts. */
const zone = 8 * 60
const at = (time: string | Date) => dayjs(time).utcOffset(zone)
/** A `YYYY-MM-DD` is a day, not a moment: it is read as midnight in Beijing. */
const read = (time: string | Date) =>
  typeof time === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(time) ? at(`${time}T00:00:00+08:00`) : at(time)

/** `2026-11-22`, for tables. */
export function day(time: string | Date): string {
  return read(time).format('YYYY-MM-DD')
}
/** `2026-11-22 09:30`, for tables. */
export function dayTime(time: string | Date): string {
  return read(time).format('YYYY-MM-DD HH:mm')
}
/** `09:30`. */
export function clock(time: string | Date): string {
  return read(time).format('HH:mm')
}
/** `2026-11-22` so many days later. */
export function addDays(day: string, days: number): string {
  return dayjs.utc(day).add(days, 'day').format('YYYY-MM-DD')
}
/** Whether a text, such as a word of the address or a date half typed, is a day of our time: `2026-11-22`. */
export function isDay(text: string): boolean {
  return /^2[01]\d{2}-\d{2}-\d{2}$/.test(text) && dayjs.utc(text).format('YYYY-MM-DD') === text
}
/** Today in Beijing, `YYYY-MM-DD`. */
export function today(now: Date = new Date()): string {
  return day(now)
}
/** `2026年11月22日` (English: `22 Nov 2026`), for papers. */
export function dated(time: string | Date): string {
  return read(time).format(locale.value === 'en' ? 'D MMM YYYY' : 'YYYY年M月D日')
}
/** `2026年11月22日 周日` (English: `Sun 22 Nov 2026`), for sentences. */
export function date(time: string | Date): string {
  const weekday = t(`date.weekday.d${read(time).day()}`)
  return locale.value === 'en' ? `${weekday} ${dated(time)}` : `${dated(time)} ${weekday}`
}
/** `2026年11月22日 周日 09:30`, for sentences. */
export function dateTime(time: string | Date): string {
  return `${date(time)} ${clock(time)}`
}
/** `2026年11月22日 周日 09:00–11:00`; two days are both named. */
export function span(start: string, end: string): string {
  return day(start) === day(end)
    ? `${dateTime(start)}–${clock(end)}`
    : `${dateTime(start)} – ${dateTime(end)}`
}
/** 今天 17:30, 明天 17:30, 昨天 17:30, else month and day; for lists of what is due. */
export function near(time: string, now: Date = new Date()): string {
  const moment = read(time)
  const days = moment.startOf('day').diff(at(now).startOf('day'), 'day')
  const named = days === 0 ? 'today' : days === 1 ? 'tomorrow' : days === -1 ? 'yesterday' : undefined
  if (named) return `${t(`date.${named}`)} ${moment.format('HH:mm')}`
  if (locale.value === 'en') {
    return moment.format(moment.year() === at(now).year() ? 'D MMM HH:mm' : 'D MMM YYYY HH:mm')
  }
  return moment.format(moment.year() === at(now).year() ? 'M月D日 HH:mm' : 'YYYY年M月D日 HH:mm')
}
/** 今天 17:30 截止. */
export function due(time: string, now: Date = new Date()): string {
  return t('date.due', { when: near(time, now) })
}
/** How long a time has passed, in its largest unit: 3 天, 5 小时, 12 分钟. */
export function lateness(time: string, now: Date = new Date()): string {
  const minutes = Math.max(1, at(now).diff(read(time), 'minute'))
  if (minutes < 60) return t('date.late_minutes', { n: minutes })
  if (minutes < 24 * 60) return t('date.late_hours', { n: Math.floor(minutes / 60) })
  return t('date.late_days', { n: Math.floor(minutes / (24 * 60)) })
}
/** Whether a time lies within the next two days: shown in amber with its word. */
export function soon(time: string, now: Date = new Date()): boolean {
  const hours = read(time).diff(at(now), 'minute') / 60
  return hours >= 0 && hours <= 48
}
/** Minutes as 1 小时 30 分钟. */
export function duration(minutes: number): string {
  const h = Math.floor(minutes / 60)
  const m = Math.round(minutes % 60)
  if (h === 0) return t('date.minutes', { n: m })
  return m === 0 ? t('date.hours', { n: h }) : t('date.hours_minutes', { h, m })
}
/** The period of a task in words: `2026-11` → 2026年11月, `2026-W47` → 2026年第47周, `2026Q4`, `once`. */
export function period(code: string): string {
  const week = /^(\d{4})-W(\d{1,2})$/.exec(code)
  if (week) return t('date.week', { y: week[1], w: Number(week[2]) })
  const quarter = /^(\d{4})-?Q([1-4])$/.exec(code)
  if (quarter) return t('date.quarter', { y: quarter[1], q: quarter[2] })
  const month = /^(\d{4})-(\d{2})$/.exec(code)
  if (month) return t('date.month', { y: month[1], m: locale.value === 'en' ? month[2] : Number(month[2]) })
  return code === 'once' ? t('date.once') : code
}
/** A moment as the interface wants it, `2026-11-22T09:30:00+08:00`. */
export function wire(time: Date): string {
  return at(time).format('YYYY-MM-DDTHH:mm:ssZ')
}

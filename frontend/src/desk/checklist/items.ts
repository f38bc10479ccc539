import type { Checklist, ChecklistVersion, ItemInput } from '@/api'
import type { DraftItem, Field } from './paste'

/** The most duties a list may hold. */
export const MOST = 200

/** A new row takes over what the row above it says of whose, how often and by when. */
export function newItem(above?: DraftItem): DraftItem {
  return {
    what: '',
    role: above?.role ?? '',
    frequency: above?.frequency ?? 'monthly',
    evidence: above?.evidence ?? 'none',
    limit_working_days: above?.limit_working_days ?? 5,
    points: above?.points ?? 1,
  }
}

export function toDraft(items: readonly ItemInput[]): DraftItem[] {
  return items.map(({ what, role, frequency, evidence, limit_working_days, points }) => ({
    what,
    role,
    frequency,
    evidence,
    limit_working_days,
    points,
  }))
}

const isWhole = (value: number | null, least: number, most: number) =>
  value !== null && Number.isInteger(value) && value >= least && value <= most

export type Lack = 'blank' | 'long' | 'choose' | 'limit' | 'points' | 'repeated'
/** What is still missing in one row, by field. */
export interface Lacking {
  index: number
  field: Field
  lack: Lack
  /** Of a repeated duty: the row it repeats, from 0. */
  first?: number
}

/** What the server would refuse, found before sending: one entry for each faulty cell. */
export function lacking(items: readonly DraftItem[]): Lacking[] {
  const found: Lacking[] = []
  const first = new Map<string, number>()
  items.forEach((item, index) => {
    const what = item.what.trim()
    const add = (field: Field, lack: Lack) => found.push({ index, field, lack })
    if (!what) add('what', 'blank')
    else if ([...what].length > 200) add('what', 'long')
    if (!item.role) add('role', 'choose')
    if (!item.frequency) add('frequency', 'choose')
    if (!item.evidence) add('evidence', 'choose')
    if (!isWhole(item.limit_working_days, 1, 60)) add('limit_working_days', 'limit')
    if (!isWhole(item.points, 0, 20)) add('points', 'points')
    if (!what || !item.role || !item.frequency) return
    const key = [item.role, item.frequency, what].join('\n')
    const earlier = first.get(key)
    if (earlier === undefined) first.set(key, index)
    else found.push({ index, field: 'what', lack: 'repeated', first: earlier })
  })
  return found
}

/** The rows as they are sent; only for rows in which nothing is lacking. */
export function toInput(items: readonly DraftItem[]): ItemInput[] {
  return items.map((item) => ({
    what: item.what.trim(),
    role: item.role || 'worker',
    frequency: item.frequency || 'monthly',
    evidence: item.evidence || 'none',
    limit_working_days: item.limit_working_days ?? 1,
    points: item.points ?? 0,
  }))
}

/** A copy with the row at `from` standing at `to`. */
export function moved<T>(rows: readonly T[], from: number, to: number): T[] {
  const next = [...rows]
  const [row] = next.splice(from, 1)
  if (row !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, row)
  return next
}

export const draftOf = (list: Checklist): ChecklistVersion | undefined =>
  list.versions.find((one) => one.state === 'draft')
export const inForce = (list: Checklist): ChecklistVersion | undefined =>
  list.versions.find((one) => one.state === 'published')

/** What one would edit: the draft, else the version in force from which the next draft starts. */
export const toEdit = (list: Checklist): ChecklistVersion | undefined => draftOf(list) ?? inForce(list)

export interface Difference {
  added: number
  removed: number
  changed: number
}

/** How two sets of duties differ: a duty is known by its words and post. */
export function difference(from: readonly DraftItem[], to: readonly DraftItem[]): Difference {
  const key = (item: DraftItem) => `${item.role}\n${item.what.trim()}`
  const before = new Map(from.map((item) => [key(item), JSON.stringify(item)]))
  const after = new Set(to.map(key))
  let added = 0
  let changed = 0
  for (const item of to) {
    const old = before.get(key(item))
    if (old === undefined) added++
    else if (old !== JSON.stringify(item)) changed++
  }
  return { added, changed, removed: [...before.keys()].filter((one) => !after.has(one)).length }
}

/** Without the rows at the end in which no duty was written: they are room for typing, not duties. */
export function withoutTail(items: readonly DraftItem[]): DraftItem[] {
  let end = items.length
  while (end > 0 && !items[end - 1]?.what.trim()) end--
  return items.slice(0, end)
}

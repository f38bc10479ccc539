import type { Activity, UpdateActivity } from '@/api'
import { fromPicker, toPicker } from '@/shared/picker'

export function later(local: string, minutes: number): string {
  return toPicker(new Date(new Date(fromPicker(local)).getTime() + minutes * 60_000).toISOString())
}

export interface Written {
  title: string
  description: string
  grid_id: string | null
  place: string
  starts_at: string
  ends_at: string
  capacity: string
  steward_id: string | null
}

export function written(activity: Activity): Written {
  return {
    title: activity.title,
    description: activity.description ?? '',
    grid_id: activity.grid?.id ?? null,
    place: activity.place,
    starts_at: toPicker(activity.starts_at),
    ends_at: toPicker(activity.ends_at),
    capacity: activity.capacity == null ? '' : String(activity.capacity),
    steward_id: activity.steward?.id ?? null,
  }
}

export type Need = 'title' | 'place' | 'starts_at' | 'ends_at' | 'after' | 'long' | 'capacity'

/** What is wrong with the form: the field and why. */
export function lacking(form: Written): [keyof Written, Need][] {
  const found: [keyof Written, Need][] = []
  if (!form.title.trim()) found.push(['title', 'title'])
  if (!form.place.trim()) found.push(['place', 'place'])
  if (!form.starts_at) found.push(['starts_at', 'starts_at'])
  if (!form.ends_at) found.push(['ends_at', 'ends_at'])
  if (form.starts_at && form.ends_at) {
    const minutes = (Date.parse(fromPicker(form.ends_at)) - Date.parse(fromPicker(form.starts_at))) / 60_000
    if (minutes <= 0) found.push(['ends_at', 'after'])
    else if (minutes > 7 * 24 * 60) found.push(['ends_at', 'long'])
  }
  if (form.capacity.trim() && !/^[1-9]\d{0,5}$/.test(form.capacity.trim()))
    found.push(['capacity', 'capacity'])
  return found
}

const capacity = (text: string) => (text.trim() ? Number(text) : null)

export function toCreate(form: Written) {
  return {
    title: form.title.trim(),
    description: form.description.trim(),
    grid_id: form.grid_id,
    place: form.place.trim(),
    starts_at: fromPicker(form.starts_at),
    ends_at: fromPicker(form.ends_at),
    capacity: capacity(form.capacity),
    steward_id: form.steward_id,
  }
}

/** Only what differs: the start of an activity that has begun must not be sent again. */
export function toUpdate(before: Written, form: Written): UpdateActivity {
  const all = toCreate(form)
  const old = toCreate(before)
  const changed: UpdateActivity = {}
  if (all.title !== old.title) changed.title = all.title
  if (all.description !== old.description) changed.description = all.description
  if (all.place !== old.place) changed.place = all.place
  if (all.starts_at !== old.starts_at) changed.starts_at = all.starts_at
  if (all.ends_at !== old.ends_at) changed.ends_at = all.ends_at
  if (all.capacity !== old.capacity) changed.capacity = all.capacity
  if (all.steward_id !== old.steward_id) changed.steward_id = all.steward_id
  return changed
}

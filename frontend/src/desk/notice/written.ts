import type { CreateNotice, Notice, Role, UpdateNotice } from '@/api'
import { today } from '@/shared/dates'
import { AUDIENCE } from './audience'

/** What is written in the form. */
export interface Written {
  title: string
  text: string
  roles: Role[]
  grid_id: string | null
  until: string
  read_again: boolean
}
/** A new notice, to everybody. */
export const blank = (): Written => ({
  title: '',
  text: '',
  roles: [...AUDIENCE],
  grid_id: null,
  until: '',
  read_again: false,
})

/** A notice as the form shows it. */
export const written = (notice: Notice): Written => ({
  title: notice.title,
  text: notice.text,
  roles: [...notice.roles],
  grid_id: notice.grid?.id ?? null,
  until: notice.until ?? '',
  read_again: false,
})

export const toCreate = (values: Written): CreateNotice => ({
  title: values.title.trim(),
  text: values.text.trim(),
  roles: values.roles,
  ...(values.grid_id ? { grid_id: values.grid_id } : {}),
  ...(values.until ? { until: values.until } : {}),
})

const sorted = (roles: Role[]) => [...roles].sort().join()

/** Only what is another than before: the rest may have been changed by somebody else. */
export function toUpdate(before: Written, values: Written): UpdateNotice {
  const body: UpdateNotice = {}
  if (values.title.trim() !== before.title) body.title = values.title.trim()
  if (values.text.trim() !== before.text) body.text = values.text.trim()
  if (sorted(values.roles) !== sorted(before.roles)) body.roles = values.roles
  if (values.grid_id !== before.grid_id) body.grid_id = values.grid_id
  if (values.until !== before.until) body.until = values.until || null
  if (values.read_again) body.read_again = true
  return body
}

/** What is lacking before it can be sent: the field, and which need it is. A last day that stood already may be over. */
export function lacking(values: Written, before?: Written): (keyof Written)[] {
  const faults: (keyof Written)[] = []
  if (!values.title.trim()) faults.push('title')
  if (!values.text.trim()) faults.push('text')
  if (values.roles.length === 0) faults.push('roles')
  if (values.until && values.until !== before?.until && values.until < today()) faults.push('until')
  return faults
}

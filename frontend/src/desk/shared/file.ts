import { callFile } from '@/api'
import type { OperationId } from '@/api'
import { columns } from '@/api/columns'
import { saveFile } from '@/shared/files'
import { t } from '@/shared/i18n'
import { notify } from '@/shared/notify'

export type Form = 'excel' | 'csv'
/** A list that is a table. */
export type Table = keyof typeof columns & OperationId

const kinds: Record<Form, [accept: string, ending: string]> = {
  excel: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  csv: ['text/csv', 'csv'],
}

/** The columns of a list, as the contract has them. */
export const columnsOf = (table: Table): readonly { key: string; zh: string; en: string }[] => columns[table]

const place = (table: Table) => `gezhi.columns.${table}`

/** The columns that were chosen the last time, as far as there still are such; all of them where none were. */
export function chosen(table: Table): string[] {
  const all = columnsOf(table).map((one) => one.key)
  try {
    const before = (localStorage.getItem(place(table)) ?? '').split(',')
    const kept = all.filter((key) => before.includes(key))
    return kept.length > 0 ? kept : all
  } catch {
    return all
  }
}

/** Remembers a choice on this device; that of all columns is none. */
export function remember(table: Table, keys: readonly string[]): void {
  try {
    if (keys.length === columnsOf(table).length) localStorage.removeItem(place(table))
    else localStorage.setItem(place(table), keys.join(','))
  } catch {
    // Holds for this file only.
  }
}

/** Hands a list to the browser as a file, under the name that the server gives it. */
export async function taken(
  table: Table,
  asked: Record<string, unknown> | undefined,
  form: Form,
): Promise<void> {
  const [accept, ending] = kinds[form]
  const keys = chosen(table)
  const some = keys.length < columnsOf(table).length ? { columns: keys.join(',') } : {}
  const query = { ...(asked?.['query'] as object | undefined), ...some }
  const ask = callFile as (id: OperationId, input: unknown) => ReturnType<typeof callFile>
  try {
    const { blob, name } = await ask(table, { ...asked, query, accept })
    saveFile(blob, name ?? `${table}.${ending}`)
    notify.done(t('shared.exported'))
  } catch (thrown) {
    notify.problem(thrown)
  }
}

import { callFile } from '@/api'
import type { OperationId } from '@/api'
import { saveFile } from '@/shared/files'
import { t } from '@/shared/i18n'
import { notify } from '@/shared/notify'

export type Form = 'excel' | 'csv'

const kinds: Record<Form, [accept: string, ending: string]> = {
  excel: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  csv: ['text/csv', 'csv'],
}

/** Hands a list to the browser as a file, under the name that the server gives it. */
export async function taken(
  operation: OperationId,
  asked: Record<string, unknown> | undefined,
  form: Form,
): Promise<void> {
  const [accept, ending] = kinds[form]
  const ask = callFile as (id: OperationId, input: unknown) => ReturnType<typeof callFile>
  try {
    const { blob, name } = await ask(operation, { ...asked, accept })
    saveFile(blob, name ?? `${operation}.${ending}`)
    notify.done(t('shared.exported'))
  } catch (thrown) {
    notify.problem(thrown)
  }
}

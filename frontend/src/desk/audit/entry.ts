import type { AuditChange, AuditEntry } from '@/api'
import { hasText, t } from '@/shared/i18n'

/** Who acted, in words. */
export function who(entry: AuditEntry): string {
  if (entry.account) return entry.account.username ?? entry.account.id
  if (entry.operator) return entry.operator
  return t(entry.address ? 'audit.unknown' : 'audit.system')
}

/** What a change says; only the field where no values are kept. */
export function said(change: AuditChange): string {
  const { field, before, after } = change
  if (before === null && after === null) return field
  if (before === null) return `${field}: ${after}`
  return `${field}: ${before} → ${after ?? t('audit.empty')}`
}

/** Which row an entry is about: its kind and the end of its id, which tells rows of a kind apart. */
export function rowName(row: NonNullable<AuditEntry['row']>): string {
  const kind = `audit.kind.${row.kind}`
  return t('audit.row', { kind: hasText(kind) ? t(kind) : row.kind, id: row.id.slice(-6) })
}

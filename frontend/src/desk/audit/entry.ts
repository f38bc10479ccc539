import type { AuditChange, AuditEntry } from '@/api'
import { t } from '@/shared/i18n'

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

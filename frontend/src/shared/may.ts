import type { May } from '@/api'
import { contract, locale } from './i18n'

/** Why an act that is one's own is not open now, in words; nothing where it is open, has been done, or is another's. */
export function reason(may: May): string {
  if (may.allowed || !may.code) return ''
  return (contract[locale.value].reasons as Record<string, string>)[may.code] ?? ''
}

/** Whether an act is one's own at all: open to one, done, or only not open now. */
export function concerns(may: May): boolean {
  return may.allowed || !may.code || reason(may) !== ''
}

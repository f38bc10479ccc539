import type { Problem } from '@/api'
import { hasText, t } from './i18n'

/** A problem in one sentence: the server's own words where it gave some. */
export function problemText(problem: Problem): string {
  if (problem.code === 'network') return t('problem.network')
  if (problem.is('precondition_failed', 'precondition_required')) return t('problem.stale')
  if (problem.detail) return problem.detail
  if (problem.title) return problem.title
  const key = `problem.${problem.code}`
  return t(hasText(key) ? key : 'problem.unexpected')
}

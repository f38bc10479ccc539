import chinese from '@/api/words/zh-CN'
import { contract, locale } from './i18n'

const known = chinese.words
export type Dictionary = keyof typeof known
export type Tone = 'plain' | 'late' | 'soon' | 'done' | 'info' | 'off'

/** The word for a value of the interface: `label('post_kind', 'sub_head')` → 子网格长. A word that the contract has learned since
 * stands for itself. */
export function label(dictionary: Dictionary, value: string | null | undefined): string {
  if (!value) return ''
  return (contract[locale.value].words[dictionary] as Record<string, string>)[value] ?? value
}

/** All values of a dictionary in their usual order, for choices. Call it inside a computed or a template
 * so that it follows the language. */
export function options<D extends Dictionary>(
  dictionary: D,
): { value: keyof (typeof known)[D] & string; label: string }[] {
  return Object.keys(known[dictionary]).map((value) => ({
    value: value as keyof (typeof known)[D] & string,
    label: label(dictionary, value),
  }))
}

const tones: Partial<Record<Dictionary, Record<string, Tone>>> = {
  task_state: { open: 'plain', submitted: 'info', returned: 'soon', verified: 'done', cancelled: 'off' },
  job_state: { waiting: 'plain', running: 'info', done: 'done', failed: 'late', cancelled: 'off' },
  activity_phase: { upcoming: 'info', running: 'done', ended: 'plain', cancelled: 'late' },
  my_signup: { none: 'plain', signed_up: 'done', waiting: 'soon' },
  signup_state: { signed_up: 'done', waiting: 'soon', withdrawn: 'plain' },
  notice_phase: { current: 'done', ended: 'plain', withdrawn: 'late' },
  checklist_state: { draft: 'soon', published: 'done', superseded: 'plain' },
}
export function tone(dictionary: Dictionary, value: string): Tone {
  return tones[dictionary]?.[value] ?? 'plain'
}

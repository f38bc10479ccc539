import type { EvidenceRequirement, TaskBrief } from '@/api'
import { t } from '@/shared/i18n'
import type { Draft, Entry, KeptFile } from './entry'
import { carries } from './kinds'

export interface Written {
  text: string
  /** As typed. */
  number: string
  photos: KeptFile[]
  place: { lng: number; lat: number } | null
}

/** Of the task, what the phone must know to show and send a submission without a connection. */
export type TaskFacts = Pick<TaskBrief, 'id' | 'title' | 'grid' | 'due_at' | 'evidence'>

type Body = Omit<Written, 'photos'>
export type Submission = Entry<Body, TaskFacts>

export function submission(task: TaskFacts, { photos, ...body }: Written): Draft<Body, TaskFacts> {
  const { id, title, grid, due_at, evidence } = task
  return {
    operation: 'submit_task',
    name: id,
    path: { id },
    body,
    files: photos,
    about: { id, title, grid: grid && { id: grid.id, name: grid.name }, due_at, evidence },
  }
}
export const isSubmission = (entry: Entry): entry is Submission => entry.operation === 'submit_task'

/** A number as people type it (full-width digits, a comma for the point); undefined when it is none. */
export function readNumber(typed: string): number | undefined {
  const plain = typed
    .trim()
    .replace(/[\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) - 0xff10))
    .replace(/[\uff0e\u3002,\uff0c]/g, '.')
    .replace(/^[\uff0d\u2212]/, '-')
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined
}

/** The request body. */
export function request(entry: Submission): {
  text?: string
  number?: number
  attachment_ids: string[]
  place?: { lng: number; lat: number }
  done_at?: string
} {
  const text = entry.body.text.trim()
  const number = readNumber(entry.body.number)
  return {
    ...(text ? { text } : {}),
    ...(number === undefined ? {} : { number }),
    attachment_ids: entry.files.flatMap((file) => (file.attachment ? [file.attachment] : [])),
    ...(entry.body.place ? { place: entry.body.place } : {}),
    ...(entry.doneAt ? { done_at: entry.doneAt } : {}),
  }
}

/** What of the evidence is still lacking: of which requirement, and how. */
export interface Lack {
  what: 'text' | 'photo' | 'number' | 'number_form' | 'number_range'
  need?: EvidenceRequirement
}

/** The first thing that is lacking, before anything is sent. */
export function missing(evidence: TaskFacts['evidence'], written: Written): Lack | undefined {
  const number = readNumber(written.number)
  if (written.number.trim() !== '' && number === undefined) return { what: 'number_form' }
  for (const need of evidence) {
    if (need.kind === 'text' && written.text.trim() === '') return { what: 'text', need }
    if (need.kind === 'photo' && written.photos.length < need.count) return { what: 'photo', need }
    if (need.kind !== 'number') continue
    if (number === undefined) return { what: 'number', need }
    const small = need.least != null && number < need.least
    if (small || (need.most != null && number > need.most)) return { what: 'number_range', need }
  }
  return undefined
}

carries('submit_task', {
  mayWait: true,
  rule: () => t('outbox.how_tasks'),
  title: (entry: Submission) => entry.about.title,
  place: (entry: Submission) => entry.about.grid?.name,
  words: ({ body }: Submission) => [body.text, body.number].map((word) => word.trim()).filter(Boolean),
  page: (entry: Submission) => `/tasks/${entry.about.id}`,
  empty: ({ body, files }: Pick<Submission, 'body' | 'files'>) =>
    body.text.trim() === '' && body.number.trim() === '' && files.length === 0,
  request,
  fields: { files: 'attachment_ids', moment: 'done_at' },
})
// The code at the place changes every half minute: it proves presence only while it is on the screen.
carries('check_in', { mayWait: false, rule: () => t('outbox.how_check_in') })

import { newKey } from '@/api'
import type { EvidenceRequirement, Problem, TaskBrief } from '@/api'

/** A photo as it waits on the phone. Bytes, not a `Blob`: some phones lose blobs kept in IndexedDB. */
export interface KeptPhoto {
  /** Idempotency-Key of its upload, so that a repeated upload is the same photo. */
  key: string
  type: string
  bytes: ArrayBuffer
  /** Id at the server, once it is there. */
  attachment?: string
}

export interface Written {
  text: string
  /** As typed. */
  number: string
  photos: KeptPhoto[]
  place: { lng: number; lat: number } | null
}

/** Of the task, what the phone must know to show and send an entry without a connection. */
export type TaskFacts = Pick<TaskBrief, 'id' | 'title' | 'grid' | 'due_at' | 'evidence'>

/** What one person wrote for one task: being written, waiting to be sent, or refused by the server. */
export interface Entry extends Written {
  id: string
  account: string
  task: TaskFacts
  state: 'draft' | 'waiting' | 'refused'
  /** Idempotency-Key of the submission; stays while the same content is tried again. */
  key: string
  /** The moment of the act, `2026-11-22T09:30:00+08:00`; null: the moment at which the server gets it. */
  doneAt: string | null
  /** Milliseconds since 1970 by the phone's clock. */
  savedAt: number
  /** The server's last word: the refusal, or why it is still waiting. */
  fault?: { code: string; message: string }
}

export const entryId = (account: string, task: string): string => `${account}/${task}`

export function draft(account: string, task: TaskFacts, written: Written, now: number): Entry {
  return {
    id: entryId(account, task.id),
    account,
    task: {
      id: task.id,
      title: task.title,
      grid: task.grid && { id: task.grid.id, name: task.grid.name },
      due_at: task.due_at,
      evidence: task.evidence.map((one) => ({ ...one })),
    },
    state: 'draft',
    text: written.text,
    number: written.number,
    // Plain copies: what comes from a page may be wrapped, and the phone's database takes plain values only.
    photos: written.photos.map((photo) => ({ ...photo })),
    place: written.place ? { lng: written.place.lng, lat: written.place.lat } : null,
    key: newKey(),
    doneAt: null,
    savedAt: now,
  }
}

/** Whether anything was written that would be a pity to lose. */
export function empty(written: Written): boolean {
  return written.text.trim() === '' && written.number.trim() === '' && written.photos.length === 0
}

/** A number as people type it (full-width digits, a comma for the point); undefined when it is none. */
export function readNumber(typed: string): number | undefined {
  const plain = typed
    .trim()
    .replace(/[\uff10-\uff19]/g, (digit) => String(digit.charCodeAt(0) - 0xff10))
    .replace(/[\uff0e\u3002,\uff0c]/g, '.')
    .replace(/^[\uff0d\u2212]/, '-')
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined
}

/** The request body; the same entry always gives the same one. */
export function body(entry: Entry): {
  text?: string
  number?: number
  attachment_ids: string[]
  place?: { lng: number; lat: number }
  done_at?: string
} {
  const text = entry.text.trim()
  const number = readNumber(entry.number)
  return {
    ...(text ? { text } : {}),
    ...(number === undefined ? {} : { number }),
    attachment_ids: entry.photos.flatMap((photo) => (photo.attachment ? [photo.attachment] : [])),
    ...(entry.place ? { place: entry.place } : {}),
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

/** What a problem means for an entry. `later`: the server was not reached or cannot answer now; `again`: sign in
 * first; `refused`: the server has looked at it and said no. An answer that is not in the server's own form comes
 * from something in between and refuses nothing. */
export function meaning(problem: Problem): 'later' | 'again' | 'refused' {
  if (problem.status === 401) return 'again'
  if (problem.code === 'network' || problem.code === 'unexpected') return 'later'
  if (problem.status >= 500 || problem.status === 408 || problem.status === 429) return 'later'
  return 'refused'
}

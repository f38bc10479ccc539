import { newKey } from '@/api'

/** A photo as it waits on the phone. Bytes, not a `Blob`: some phones lose blobs kept in IndexedDB. */
export interface KeptFile {
  /** Idempotency-Key of its upload, so that a repeated upload is the same file. */
  key: string
  type: string
  bytes: ArrayBuffer
  /** Id at the server, once it is there. */
  attachment?: string
}

/** What is being written for one operation. Several may be, also of the same operation: each has a name of its own. */
export interface Draft<B = unknown, A = unknown> {
  operation: string
  /** Which of its drafts: the id of what it is about, or a fresh one where something new is made. */
  name: string
  path: Record<string, string>
  /** As written, not yet as sent. */
  body: B
  files: KeptFile[]
  /** What the phone must know of it to show and send it without a connection. */
  about: A
}

/** What one person did and the server does not have yet: being written, waiting to be sent, or refused. */
export interface Entry<B = unknown, A = unknown> extends Draft<B, A> {
  id: string
  account: string
  state: 'draft' | 'waiting' | 'refused'
  /** Idempotency-Key of the act; stays while the same content is tried again. */
  key: string
  /** The moment of the act, `2026-11-22T09:30:00+08:00`; null: the moment at which the server gets it. */
  doneAt: string | null
  /** Milliseconds since 1970 by the phone's clock. */
  savedAt: number
  /** The server's last word: the refusal, or why it is still waiting. */
  fault?: { code: string; message: string }
}

export const entryId = (account: string, operation: string, name: string): string =>
  `${account}/${operation}/${name}`

export function entryOf<B, A>(account: string, draft: Draft<B, A>, now: number): Entry<B, A> {
  const { operation, name, path, body, files, about } = draft
  return {
    id: entryId(account, operation, name),
    account,
    operation,
    name,
    // Plain copies: what comes from a page may be wrapped, and the phone's database takes plain values only.
    path: { ...path },
    body: JSON.parse(JSON.stringify(body)) as B,
    files: files.map((file) => ({ ...file })),
    about: JSON.parse(JSON.stringify(about)) as A,
    state: 'draft',
    key: newKey(),
    doneAt: null,
    savedAt: now,
  }
}

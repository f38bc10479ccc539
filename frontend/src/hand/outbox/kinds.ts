import type { ActId, InputOf } from '@/api'
import type { Draft, Entry } from './entry'

/** How the outbox carries one operation. */
export interface Kind<B = unknown, A = unknown> {
  mayWait: true
  /** What is said of it beneath the list: that it may wait, and what follows from that. */
  rule(): string
  /** How it is shown: what it is about, where that is, and what was written. */
  title(entry: Entry<B, A>): string
  place(entry: Entry<B, A>): string | undefined
  words(entry: Entry<B, A>): string[]
  /** The page on which it is written on. */
  page(entry: Entry<B, A>): string
  /** Whether nothing was written that would be a pity to lose. */
  empty(draft: Pick<Draft<B, A>, 'body' | 'files'>): boolean
  /** The body of the request; the same entry always gives the same one. */
  request(entry: Entry<B, A>): object
  /** Which fields of the request hold the files and the moment. */
  fields: { files: string; moment: string }
}
/** What cannot wait is not carried; the outbox says why. */
export interface Barred {
  mayWait: false
  rule(): string
}

const kinds = new Map<string, Kind | Barred>()

/** Lets the outbox carry an operation, or say why it does not. */
export function carries<K extends ActId, B, A>(
  operation: K,
  kind:
    | Barred
    | (Kind<B, A> & { request(entry: Entry<B, A>): InputOf<K> extends { body: infer R } ? R : object }),
): void {
  kinds.set(operation, kind)
}
/** How an operation is carried; nothing for one that this version of the pages does not carry. */
export function kindOf(operation: string): Kind | undefined {
  const kind = kinds.get(operation)
  return kind?.mayWait ? kind : undefined
}
export const rules = (): string[] => [...kinds.values()].map((kind) => kind.rule())

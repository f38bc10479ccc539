import type { operations } from './schema'
import type { routes } from './routes'

export type OperationId = keyof operations & keyof typeof routes

type Given<T> = [Exclude<T, undefined>] extends [never] ? never : Exclude<T, undefined>
type PathOf<O> = O extends { parameters: { path: infer P } } ? Given<P> : never
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? Given<Q> : never
type HeaderOf<O> = O extends { parameters: { header?: infer H } } ? Given<H> : never
type Sent<O> = O extends { requestBody?: infer B } ? Given<B> : never
type Content<O> = [Sent<O>] extends [never] ? never : Sent<O> extends { content: infer C } ? C : never
type BodyOf<O> = [Content<O>] extends [never]
  ? never
  : Content<O> extends { 'application/json': infer B }
    ? B
    : FormData

type Need<Name extends string, T> = [T] extends [never] ? object : Record<Name, T>
type May<Name extends string, T> = [T] extends [never] ? object : Partial<Record<Name, T>>

type Versioned<H> = [H] extends [never] ? object : 'If-Match' extends keyof H ? { version: number } : object

export interface Extra {
  signal?: AbortSignal | undefined
  /** The form of the answer where there are several: a list as a file. */
  accept?: string | undefined
  /** Idempotency-Key of a creating request; made up when left out. Give one to repeat the same act. */
  key?: string | undefined
}

/** What an operation takes: `path`, `query`, `body` and, where a change must not overwrite another,
 * the `version` that was read. */
export type InputOf<K extends OperationId> = Need<'path', PathOf<operations[K]>> &
  May<'query', QueryOf<operations[K]>> &
  Need<'body', BodyOf<operations[K]>> &
  Versioned<HeaderOf<operations[K]>> &
  Extra

type Success<O> = O extends { responses: infer R } ? R[keyof R & (200 | 201 | 202)] : never

/** What an operation answers; of a list that is also to be had as a file, its page. */
export type OutputOf<K extends OperationId> =
  Success<operations[K]> extends { content: infer C }
    ? C extends { 'application/json': infer Page }
      ? Page
      : C[keyof C]
    : void

/** The argument may be left out where nothing is required. */
export type Arguments<K extends OperationId> =
  object extends InputOf<K> ? [input?: InputOf<K>] : [input: InputOf<K>]

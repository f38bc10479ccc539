import type { changes } from './changes'
import { call as send, callFile as sendForFile } from './client'
import type { Arguments, OperationId, OutputOf } from './operation'
import type { routes } from './routes'

type Changing = keyof typeof changes
/** Operations that change something, as the contract says. Reading may leave a trace; it is no act for that. */
export type ActId = {
  [K in Changing]: (typeof routes)[K][0] extends 'GET' ? never : K
}[Changing]
export type ReadId = Exclude<OperationId, ActId | 'refresh_session'>

/** Asks the server. What changes something is done by `@/shared/act`, and by the outbox of the hand. */
export const call: <K extends ReadId>(id: K, ...input: Arguments<K>) => Promise<OutputOf<K>> = send
/** Asks for a file. */
export const callFile: <K extends ReadId>(
  id: K,
  ...input: Arguments<K>
) => Promise<{ blob: Blob; name: string | undefined }> = sendForFile

export { changes } from './changes'
export { newKey } from './key'
export { Problem, type FieldError } from './problem'
export type { Arguments, InputOf, OperationId, OutputOf } from './operation'
export type * from './types'

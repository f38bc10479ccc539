import { ref } from 'vue'
import type { Ref } from 'vue'
import { newKey, Problem } from '@/api'
import type { ActId, Arguments, InputOf, OutputOf } from '@/api'
import { call } from '@/api/client'
import { notify } from '@/shared/notify'
import { readAgain } from '@/shared/query'
import { nameOf } from './name'
import { offerUndo } from './offer'

export { useEach } from './each'
export type { EachAct, EachOutcome, Refused } from './each'

/** Which act takes which back. Both take the same path and nothing else. */
interface Counter {
  withdraw_notice: 'restore_notice'
  sign_up: 'withdraw'
  withdraw: 'sign_up'
}
type CounterOf<K> = K extends keyof Counter ? Counter[K] : never

export interface ActOptions<K extends ActId> {
  /** What to say when it is done; nothing where the page says it. */
  done?: (answer: OutputOf<K>) => string
  /** The act that takes this one back; it is offered beside what is said. */
  undo?: () => Act<CounterOf<K>>
  /** The page shows the problem itself. Otherwise it is told in passing. */
  shows?: boolean
  /** Whoever does it part by part, or only tries it, reads again by themselves when it is done. */
  partly?: boolean
}

export interface Act<K extends ActId> {
  busy: Ref<boolean>
  /** Why the last try failed. */
  problem: Ref<Problem | undefined>
  /** Does it, or throws the `Problem`: for forms, which say it beside their fields. */
  send: (...input: Arguments<K>) => Promise<OutputOf<K>>
  /** Does it, or says why not. Nothing is answered where it failed, or where it is being done already. */
  run: (...input: Arguments<K>) => Promise<{ answer: OutputOf<K> } | undefined>
  /** What was tried without an answer is over: the next is a new act. */
  forget: () => void
}

/** The way to change something.
 *
 * An act that got no answer may have been done: tried again with the same input it carries the same Idempotency-Key,
 * and so does nothing twice. An answer, or another input, makes it a new act. One is on its way at a time. What it
 * changes is read again when it is done, and also when it was refused because what the page shows is no longer so. */
export function useAct<K extends ActId>(operation: K, options: ActOptions<K> = {}): Act<K> {
  const busy = ref(false)
  const problem = ref<Problem>() as Ref<Problem | undefined>
  /** Keys of what was tried and not answered, by its input. */
  const keys = new Map<string, string>()
  let running: { name: string; answer: Promise<OutputOf<K>> } | undefined

  function say(answer: OutputOf<K>, input: InputOf<K>): void {
    const text = options.done?.(answer)
    const counter = options.undo?.()
    if (text && counter) {
      const { path } = input as { path?: unknown }
      offerUndo(text, () => counter.run(...([{ path }] as unknown as Arguments<CounterOf<K>>)))
    } else if (text) notify.done(text)
  }
  async function attempt(name: string, input: InputOf<K>): Promise<OutputOf<K>> {
    const key = keys.get(name) ?? newKey()
    keys.set(name, key)
    busy.value = true
    problem.value = undefined
    try {
      const answer = await (call as (id: K, input: unknown) => Promise<OutputOf<K>>)(operation, {
        ...input,
        key,
      })
      keys.delete(name)
      // Doing it once more after it was taken back is a new act.
      options.undo?.().forget()
      say(answer, input)
      if (!options.partly) void readAgain(operation)
      return answer
    } catch (thrown) {
      const found = Problem.of(thrown)
      problem.value = found
      if (found.refused) keys.delete(name)
      if (found.outdated && !options.partly) void readAgain(operation)
      throw thrown
    } finally {
      running = undefined
      busy.value = false
    }
  }
  async function send(...[given]: Arguments<K>): Promise<OutputOf<K>> {
    const input = (given ?? {}) as InputOf<K>
    const name = nameOf(input)
    while (running) {
      if (running.name === name) return running.answer
      await running.answer.catch(() => undefined)
    }
    const answer = attempt(name, input)
    running = { name, answer }
    return answer
  }
  async function run(...input: Arguments<K>): Promise<{ answer: OutputOf<K> } | undefined> {
    if (busy.value) return undefined
    try {
      return { answer: await send(...input) }
    } catch (thrown) {
      if (!options.shows) notify.problem(thrown)
      return undefined
    }
  }
  return { busy, problem, send, run, forget: () => keys.clear() }
}

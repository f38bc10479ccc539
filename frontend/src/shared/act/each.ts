import { computed, ref, shallowRef } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import { Problem } from '@/api'
import type { ActId } from '@/api'
import { problemText } from '@/shared/problems'
import { readAgain } from '@/shared/query'
import { useAct } from '.'
import type { Act } from '.'

export interface Refused<T> {
  item: T
  why: string
}
export interface EachOutcome<T> {
  done: T[]
  refused: Refused<T>[]
  /** Not known to be done: not tried any more, or the answer did not come. */
  left: T[]
  /** Why the work ended early. */
  problem?: Problem
}

export interface EachOptions {
  /** How many go into one request; one by one where nothing is said. */
  atOnce?: number
  step?: (done: number) => void
  stopped?: () => boolean
}

/** Does many things, some at a time. `send` answers which of its part were refused and why. What is refused does not
 * hold up the others; where a request fails as a whole, the rest is left. */
export async function each<T>(
  items: readonly T[],
  send: (part: readonly T[]) => Promise<readonly Refused<T>[]>,
  { atOnce = 1, step = () => undefined, stopped = () => false }: EachOptions = {},
): Promise<EachOutcome<T>> {
  const outcome: EachOutcome<T> = { done: [], refused: [], left: [] }
  for (let start = 0; start < items.length; start += atOnce) {
    if (stopped() || outcome.problem) {
      outcome.left.push(...items.slice(start))
      break
    }
    const part = items.slice(start, start + atOnce)
    try {
      const refused = await send(part)
      const not = new Set(refused.map((one) => one.item))
      outcome.refused.push(...refused)
      outcome.done.push(...part.filter((one) => !not.has(one)))
    } catch (thrown) {
      const problem = Problem.of(thrown)
      const [only] = part
      if (part.length === 1 && only !== undefined && atOnce === 1 && problem.refused)
        outcome.refused.push({ item: only, why: problemText(problem) })
      else {
        outcome.problem = problem
        outcome.left.push(...part)
      }
    }
    step(start + part.length)
  }
  return outcome
}

export interface EachAct<T> {
  busy: ComputedRef<boolean>
  /** How far it has come, while it goes on. */
  progress: Ref<{ done: number; of: number } | undefined>
  /** What became of each, when it is over. */
  outcome: ShallowRef<EachOutcome<T> | undefined>
  /** Nothing is answered while it goes on already. */
  run: (items: readonly T[]) => Promise<EachOutcome<T> | undefined>
  /** What is on its way is finished, the rest is left. */
  stop: () => void
}

/** One act for many rows: progress, an end before the end, and what became of each. */
export function useEach<T, K extends ActId>(
  operation: K,
  send: (part: readonly T[], act: Act<K>) => Promise<readonly Refused<T>[]>,
  atOnce = 1,
): EachAct<T> {
  const act = useAct(operation, { partly: true, shows: true })
  const progress = ref<{ done: number; of: number }>()
  const outcome = shallowRef<EachOutcome<T>>()
  let stopped = false
  return {
    busy: computed(() => progress.value !== undefined),
    progress,
    outcome,
    run: async (given) => {
      if (progress.value) return undefined
      const items = [...given]
      stopped = false
      outcome.value = undefined
      progress.value = { done: 0, of: items.length }
      try {
        outcome.value = await each(items, (part) => send(part, act), {
          atOnce,
          step: (done) => (progress.value = { done, of: items.length }),
          stopped: () => stopped,
        })
      } finally {
        progress.value = undefined
        void readAgain(operation)
      }
      return outcome.value
    },
    stop: () => (stopped = true),
  }
}

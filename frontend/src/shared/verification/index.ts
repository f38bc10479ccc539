import { computed, reactive } from 'vue'
import type { ComputedRef, WritableComputedRef } from 'vue'
import { call, newKey, Problem } from '@/api'
import type { SeenTask, TaskBrief, ToVerify } from '@/api'
import { useRead } from '@/shared/query'

/** Tasks in one request; the server takes more. So there is progress to show, and little is asked for again. */
export const atOnce = 100

export interface Refusal {
  id: string
  reason: string
}
export interface Outcome {
  done: string[]
  refused: Refusal[]
  /** Not known to be verified: not tried any more, or the answer did not come. */
  left: string[]
  /** Why the work ended early. */
  problem?: Problem
}

/** Verifies tasks as they were seen, some at a time. What is refused does not hold up the others; where a request fails,
 * the rest is left. */
export async function verifyAll(
  tasks: readonly SeenTask[],
  keyOf: (part: readonly SeenTask[]) => string,
  step: (done: number) => void = () => undefined,
  stopped: () => boolean = () => false,
): Promise<Outcome> {
  const outcome: Outcome = { done: [], refused: [], left: [] }
  for (let start = 0; start < tasks.length; start += atOnce) {
    if (stopped() || outcome.problem) {
      outcome.left.push(...tasks.slice(start).map((one) => one.id))
      break
    }
    const part = tasks.slice(start, start + atOnce)
    try {
      const { results } = await call('verify_tasks', { body: { tasks: part }, key: keyOf(part) })
      for (const one of results) {
        if (one.verified) outcome.done.push(one.id)
        else outcome.refused.push({ id: one.id, reason: one.reason ?? one.code ?? '' })
      }
    } catch (thrown) {
      outcome.problem = Problem.of(thrown)
      outcome.left.push(...part.map((one) => one.id))
    }
    step(start + part.length)
  }
  return outcome
}

export interface Verification {
  /** How many wait, how many of them look right; nothing before the server has said so. */
  waiting: ComputedRef<ToVerify | undefined>
  isPicked: (id: string) => boolean
  pick: (id: string, on: boolean) => void
  /** What the button verifies: all that looks right, on this page or not, but for what was taken out; and what was added. */
  picked: ComputedRef<SeenTask[]>
  /** How many of them the page does not show. */
  hidden: ComputedRef<number>
  /** All that is known is picked. */
  every: WritableComputedRef<boolean>
  run: (step?: (done: number) => void, stopped?: () => boolean) => Promise<Outcome>
}

/** Choosing among what waits for one's verification. What looks right is chosen until it is taken out, also where the
 * page does not show it yet; what came late is chosen by hand. */
export function useVerification(shown: () => readonly TaskBrief[]): Verification {
  const read = useRead('get_to_verify')
  const waiting = computed(() => read.data.value)
  const marks = reactive(new Map<string, boolean>())
  const known = computed(() => {
    const all = new Map<string, { seen: SeenTask; right: boolean; shown: boolean }>()
    for (const seen of waiting.value?.tasks ?? []) all.set(seen.id, { seen, right: true, shown: false })
    for (const { id, version, looks_right: right } of shown())
      all.set(id, { seen: { id, version }, right, shown: true })
    return all
  })
  const chosen = computed(() =>
    [...known.value.values()].filter((one) => marks.get(one.seen.id) ?? one.right),
  )
  const ids = computed(() => new Set(chosen.value.map((one) => one.seen.id)))
  const picked = computed(() => chosen.value.map((one) => one.seen))

  // One key for the same tasks while the page is open: an answer that was lost is asked for again, not done again.
  const keys = new Map<string, string>()
  const keyOf = (part: readonly SeenTask[]) => {
    const name = JSON.stringify(part)
    const key = keys.get(name) ?? newKey()
    keys.set(name, key)
    return key
  }
  return {
    waiting,
    isPicked: (id) => ids.value.has(id),
    pick: (id, on) => marks.set(id, on),
    picked,
    hidden: computed(() => chosen.value.filter((one) => !one.shown).length),
    every: computed({
      get: () => known.value.size > 0 && chosen.value.length === known.value.size,
      set: (on) => {
        for (const id of known.value.keys()) marks.set(id, on)
      },
    }),
    run: async (step, stopped) => {
      const outcome = await verifyAll([...picked.value], keyOf, step, stopped)
      // What was refused is looked at before it is tried again.
      for (const { id } of outcome.refused) marks.set(id, false)
      return outcome
    },
  }
}

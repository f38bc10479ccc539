import { computed, reactive } from 'vue'
import type { ComputedRef, WritableComputedRef } from 'vue'
import type { SeenTask, TaskBrief, ToVerify } from '@/api'
import { useEach } from '@/shared/act'
import type { Act, EachAct, EachOutcome, Refused } from '@/shared/act'
import { useRead } from '@/shared/query'

/** Tasks in one request; the server takes more. So there is progress to show, and little is asked for again. */
export const atOnce = 100

/** Verifies tasks as they were seen. */
async function verify(part: readonly SeenTask[], act: Act<'verify_tasks'>): Promise<Refused<SeenTask>[]> {
  const { results } = await act.send({ body: { tasks: [...part] } })
  const seen = new Map(part.map((one) => [one.id, one]))
  return results.flatMap(({ id, verified, reason, code }) => {
    const item = seen.get(id)
    return verified || !item ? [] : [{ item, why: reason ?? code ?? '' }]
  })
}

export interface Verification extends Omit<EachAct<SeenTask>, 'run'> {
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
  /** Verifies what is picked. What was refused is looked at before it is tried again. */
  run: () => Promise<EachOutcome<SeenTask> | undefined>
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

  const all = useEach('verify_tasks', verify, atOnce)
  return {
    ...all,
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
    run: async () => {
      const outcome = await all.run(picked.value)
      for (const { item } of outcome?.refused ?? []) marks.set(item.id, false)
      return outcome
    },
  }
}

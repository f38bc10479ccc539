import { watch } from 'vue'
import type { Activity } from '@/api'
import { useAct } from './act'
import { useForm } from './form'
import type { Form } from './form'
import { fromPicker, toPicker } from './picker'

/** When somebody who forgot to check out has most likely left: at the end, or now while the activity still runs. */
export function leavingOf(activity: Pick<Activity, 'ends_at'>, now: Date = new Date()): string {
  return toPicker(new Date(Math.min(Date.parse(activity.ends_at), now.getTime())).toISOString())
}

export interface Completion {
  form: Form<{ checked_out_at: string; reason: string }>
  /** Sends it; answers whether the check-in is closed now. */
  complete: () => Promise<boolean>
}

/** The check-out that somebody forgot: when they left, and why it is closed for them. `checkIn` is whose, as long as there is one;
 * `need` says what is missing. */
export function useCompletion(
  activity: () => Pick<Activity, 'ends_at'>,
  checkIn: () => string | undefined,
  need: (what: 'left_at' | 'completion_reason') => string,
): Completion {
  const completing = useAct('complete_check_in')
  const form = useForm(
    { checked_out_at: '', reason: '' },
    async ({ checked_out_at, reason }) => {
      const id = checkIn()
      if (!id) return
      const body = { checked_out_at: fromPicker(checked_out_at), reason: reason.trim() }
      await completing.send({ path: { id }, body })
    },
    ({ checked_out_at, reason }, mark) => {
      if (!checked_out_at) mark('checked_out_at', need('left_at'))
      if (reason.trim().length < 2) mark('reason', need('completion_reason'))
    },
  )
  watch(
    checkIn,
    (id) => {
      if (id) form.reset({ checked_out_at: leavingOf(activity()), reason: '' })
    },
    { immediate: true },
  )
  return { form, complete: form.submit }
}

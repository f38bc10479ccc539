import { computed, reactive, ref, toRaw, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import { Problem } from '@/api'
import { problemText } from '@/shared/problems'

export interface Form<V extends object> {
  values: V
  busy: Ref<boolean>
  /** The last problem; its fields are in `error(…)`. */
  problem: Ref<Problem | undefined>
  /** What to say above the form: the problem, unless every fault stands beside its field. */
  message: ComputedRef<string>
  /** The fault of a field by its path (`name`, `items[0].what`), or an empty text. */
  error: (field: string) => string
  /** Marks a fault found here, before anything is sent. */
  mark: (field: string, message: string) => void
  changed: ComputedRef<boolean>
  /** Sends once; what was typed stays on a problem. Answers whether it went through. */
  submit: () => Promise<boolean>
  reset: (values?: V) => void
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(toRaw(value) ?? null)) as T

/** A form over one act: `send` gets the values and sends them by `useAct`. `check` may mark faults before sending. */
export function useForm<V extends object>(
  initial: V,
  send: (values: V) => Promise<unknown>,
  check?: (values: V, mark: (field: string, message: string) => void) => void,
): Form<V> {
  const start = ref(JSON.stringify(initial))
  const values = reactive(copy(initial)) as V
  const busy = ref(false)
  const problem = ref<Problem>() as Ref<Problem | undefined>
  const errors = reactive(new Map<string, string>())
  const shown = new Set<string>()
  let before = copy(values)

  const at = (object: unknown, path: string): unknown =>
    path
      .split(/[.[\]]+/)
      .filter(Boolean)
      .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], object)

  watch(
    () => JSON.stringify(values),
    () => {
      // A fault goes when its field is touched; the others stay until the next try.
      for (const field of [...errors.keys()]) {
        if (JSON.stringify(at(values, field)) !== JSON.stringify(at(before, field))) errors.delete(field)
      }
      before = copy(values)
    },
    { flush: 'sync' },
  )

  const mark = (field: string, message: string) => void errors.set(field, message)

  async function submit(): Promise<boolean> {
    if (busy.value) return false
    problem.value = undefined
    errors.clear()
    check?.(values, mark)
    if (errors.size > 0) return false
    busy.value = true
    try {
      await send(copy(values))
      start.value = JSON.stringify(values)
      return true
    } catch (thrown) {
      const found = Problem.of(thrown)
      problem.value = found
      for (const one of found.errors) if (!errors.has(one.field)) errors.set(one.field, one.message)
      return false
    } finally {
      busy.value = false
    }
  }

  return {
    values,
    busy,
    problem,
    message: computed(() => {
      if (!problem.value) return ''
      const hidden = problem.value.errors.filter((one) => !shown.has(one.field)).map((one) => one.message)
      if (problem.value.errors.length > 0 && hidden.length === 0) return ''
      return [problemText(problem.value), ...hidden].join(' ')
    }),
    error: (field) => {
      shown.add(field)
      return errors.get(field) ?? ''
    },
    mark,
    changed: computed(() => JSON.stringify(values) !== start.value),
    submit,
    reset: (next) => {
      if (next) start.value = JSON.stringify(next)
      Object.assign(values, copy(next ?? (JSON.parse(start.value) as V)))
      errors.clear()
      problem.value = undefined
    },
  }
}

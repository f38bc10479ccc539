import { ref, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import { Problem } from '@/api'
import { useForm } from '@/shared/form'
import type { Form } from '@/shared/form'

/** A field as people read it. */
export interface Fact {
  label: string
  text: string
}
export interface Difference {
  field: string
  label: string
  was: string
  now: string
  /** It was changed here as well. */
  mine: boolean
}

export interface EditOptions<E, V extends object> {
  /** What the form begins with where something new is made. */
  blank: () => V
  /** What was read, as the form holds it. */
  written: (read: E) => V
  /** Reads it again. */
  read: (was: E) => Promise<E>
  /** Makes it, or changes what it was; sends only what differs. */
  send: (values: V, was: E | undefined) => Promise<E>
  check?: (values: V, mark: (field: string, message: string) => void, was: E | undefined) => void
  /** What its fields are called and say, to tell what others changed. */
  facts: (read: E) => Partial<Record<keyof V & string, Fact>>
}

export interface Edit<E, V extends object> extends Form<V> {
  /** As the server last gave it; its version goes into If-Match. Nothing while something new is made. */
  was: ShallowRef<E | undefined>
  /** Begins with what was read, or anew. */
  open: (read?: E, start?: V) => void
  load: (read: () => Promise<E>) => Promise<void>
  loading: Ref<boolean>
  unreadable: Ref<Problem | undefined>
  /** Saves, and answers what it is now; nothing where that failed. */
  save: () => Promise<E | undefined>
  /** Somebody else has changed it meanwhile: what, and what it is now. */
  conflict: ShallowRef<{ latest: E; differences: Difference[] } | undefined>
  /** Goes on with what was changed here; all the rest is as it is now. */
  keepMine: () => void
  takeTheirs: () => void
  /** What was written before the latest was taken instead. */
  left: ShallowRef<V | undefined>
  bringBack: () => void
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** Changes made here laid over what it is now: of every field one's own where it was touched, else the latest. */
function merged<V extends object>(base: V, mine: V, theirs: V): V {
  const entries = Object.entries(theirs).map(([field, now]) => {
    const own = mine[field as keyof V]
    return [field, same(own, base[field as keyof V]) ? now : own]
  })
  return Object.fromEntries(entries) as V
}

/** Reads, changes, compares, saves. Whoever saves over what another has saved meanwhile is told what that was and
 * chooses; nothing that was written is lost either way. */
export function useEdit<E, V extends object>(options: EditOptions<E, V>): Edit<E, V> {
  const was = shallowRef<E>()
  const conflict = shallowRef<{ latest: E; differences: Difference[] }>()
  const left = shallowRef<V>()
  const loading = ref(false)
  const unreadable = ref<Problem>() as Ref<Problem | undefined>
  let saved: E | undefined
  const form = useForm<V>(
    options.blank(),
    async (values) => {
      saved = await options.send(values, was.value)
    },
    (values, mark) => options.check?.(values, mark, was.value),
  )

  function open(read?: E, start?: V): void {
    was.value = read
    conflict.value = undefined
    left.value = undefined
    form.reset(start ?? (read === undefined ? options.blank() : options.written(read)))
  }
  async function load(read: () => Promise<E>): Promise<void> {
    loading.value = true
    unreadable.value = undefined
    try {
      open(await read())
    } catch (thrown) {
      unreadable.value = Problem.of(thrown)
    } finally {
      loading.value = false
    }
  }
  function take(read: E): E {
    was.value = read
    conflict.value = undefined
    left.value = undefined
    return read
  }

  function differences(before: E, latest: E): Difference[] {
    const [base, theirs] = [options.written(before), options.written(latest)]
    const [then, now] = [options.facts(before), options.facts(latest)]
    return (Object.keys(theirs) as (keyof V & string)[])
      .filter((field) => !same(base[field], theirs[field]))
      .flatMap((field) => {
        const [old, fresh] = [then[field], now[field]]
        const mine = !same(form.values[field], base[field])
        return old && fresh ? [{ field, label: fresh.label, was: old.text, now: fresh.text, mine }] : []
      })
  }
  /** Answers what it is now where nothing is left to save: the answer to one's own save got lost. */
  async function compare(before: E): Promise<E | undefined> {
    try {
      const latest = await options.read(before)
      const theirs = options.written(latest)
      const mine = copy(form.values)
      if (same(merged(options.written(before), mine, theirs), theirs)) {
        form.reset(theirs)
        return take(latest)
      }
      conflict.value = { latest, differences: differences(before, latest) }
    } catch (thrown) {
      form.problem.value = Problem.of(thrown)
    }
    return undefined
  }
  async function save(): Promise<E | undefined> {
    if (form.busy.value) return undefined
    saved = undefined
    if (await form.submit()) return saved === undefined ? undefined : take(saved)
    const before = was.value
    if (before === undefined || !form.problem.value?.is('precondition_failed', 'precondition_required'))
      return undefined
    return compare(before)
  }

  return {
    ...form,
    was,
    open,
    load,
    loading,
    unreadable,
    save,
    conflict,
    keepMine: () => {
      const [found, before] = [conflict.value, was.value]
      if (!found || before === undefined) return
      const theirs = options.written(found.latest)
      const next = merged(options.written(before), copy(form.values), theirs)
      take(found.latest)
      form.reset(theirs)
      Object.assign(form.values, next)
    },
    takeTheirs: () => {
      const found = conflict.value
      if (!found) return
      const mine = copy(form.values)
      open(found.latest)
      left.value = mine
    },
    left,
    bringBack: () => {
      if (left.value) Object.assign(form.values, left.value)
      left.value = undefined
    },
  }
}

import { useInfiniteQuery } from '@tanstack/vue-query'
import type { InfiniteData } from '@tanstack/vue-query'
import { computed, onScopeDispose, reactive, ref, toValue, watch } from 'vue'
import type { ComputedRef, MaybeRefOrGetter, Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { LocationQueryRaw } from 'vue-router'
import { call } from '@/api'
import type { OperationId, OutputOf, Problem } from '@/api'
import type { ReadInput } from '@/shared/query'

type Value = string | number | boolean
export type Filters = Record<string, Value>

/** Operations that answer `{ items, next_cursor }`. */
export type ListId = {
  [K in OperationId]: OutputOf<K> extends { items: unknown[] } ? K : never
}[OperationId]
export type ItemOf<K extends OperationId> = OutputOf<K> extends { items: (infer T)[] } ? T : never

export interface ListOptions<K extends ListId, F extends Filters> {
  /** Filters with their resting values; each is one word of the page's address and, by default, one
   * query parameter of the operation. An empty text, `false` or `0` is not sent. */
  filters?: F
  /** Which words of the address a filter takes; any other leaves it at rest. */
  fits?: { [N in keyof F]?: (value: F[N]) => boolean }
  /** What the page always asks for, e.g. `{ path: { id } }` or `{ query: { member_id } }`. */
  fixed?: MaybeRefOrGetter<Partial<ReadInput<K>>>
  /** Turns filters into query parameters where the two differ. */
  toQuery?: (filters: F) => Record<string, unknown>
  /** Rows a page, 1..=200. */
  limit?: number
  /** The orders that it can be asked for, besides the usual one: the word `sort` of the page's address. */
  orders?: readonly string[]
  /** Lists that know neither `limit` nor `cursor` (whole trees). */
  unpaged?: boolean
  enabled?: MaybeRefOrGetter<boolean>
  /** Milliseconds to wait after typing. */
  delay?: number
}

export interface List<T, F extends Filters> {
  filters: F
  /** Whether any filter is set. */
  filtered: ComputedRef<boolean>
  reset: () => void
  items: ComputedRef<T[]>
  /** Rows on all pages together, once the first page is there. */
  total: ComputedRef<number | undefined>
  /** The order: one of `orders`, behind a `-` falling; empty for the usual one. */
  sort: Ref<string>
  /** What is asked for, but for the page: the same list as a file. */
  asked: ComputedRef<Record<string, unknown>>
  /** First load: show a skeleton. */
  loading: ComputedRef<boolean>
  /** Anything is being read, also a new filter over the old rows. */
  busy: ComputedRef<boolean>
  empty: ComputedRef<boolean>
  problem: ComputedRef<Problem | undefined>
  hasMore: ComputedRef<boolean>
  more: () => Promise<void>
  refresh: () => Promise<void>
  /** Ids of chosen rows; cleared when the filter changes. */
  selected: Ref<string[]>
}

function fromAddress(value: unknown, resting: Value): Value {
  const text = Array.isArray(value) ? value[0] : value
  if (typeof text !== 'string') return resting
  if (typeof resting === 'boolean') return text === 'true'
  if (typeof resting === 'number') return Number.isFinite(Number(text)) ? Number(text) : resting
  return text
}

const set = (value: Value) => value !== '' && value !== false && value !== 0

/** One table or list: filters in the page's address, rows by cursor, selection. */
export function useList<K extends ListId, F extends Filters = Record<never, never>>(
  id: K,
  options: ListOptions<K, F> = {},
): List<ItemOf<K>, F> {
  const route = useRoute()
  const router = useRouter()
  const resting = { ...(options.filters ?? {}) } as F
  const names = Object.keys(resting) as (keyof F & string)[]
  const read = () =>
    Object.fromEntries(
      names.map((name) => {
        const value = fromAddress(route.query[name], resting[name] as Value)
        const fits = options.fits?.[name]?.(value as F[typeof name]) ?? true
        return [name, fits ? value : (resting[name] as Value)]
      }),
    ) as F
  const filters = reactive(read()) as F
  const applied = ref({ ...filters }) as Ref<F>
  const selected = ref<string[]>([])
  const orders = new Set((options.orders ?? []).flatMap((order) => [order, `-${order}`]))
  const readSort = () => {
    const asked = fromAddress(route.query['sort'], '') as string
    return orders.has(asked) ? asked : ''
  }
  const sort = ref(readSort())
  const here = route.path
  let waiting: ReturnType<typeof setTimeout> | undefined

  function apply(): void {
    clearTimeout(waiting)
    applied.value = { ...filters }
    selected.value = []
    if (route.path !== here) return
    const query: LocationQueryRaw = { ...route.query }
    for (const name of names) {
      if (filters[name] === resting[name]) delete query[name]
      else query[name] = String(filters[name])
    }
    void router.replace({ query, hash: route.hash })
  }
  watch(
    () => ({ ...filters }),
    (now, before) => {
      if (names.every((name) => filters[name] === applied.value[name])) return
      clearTimeout(waiting)
      const typed = names.some((name) => typeof now[name] === 'string' && now[name] !== before[name])
      if (typed) waiting = setTimeout(apply, options.delay ?? 250)
      else apply()
    },
  )
  watch(sort, (now) => {
    selected.value = []
    if (route.path !== here || now === readSort()) return
    void router.replace({ query: { ...route.query, sort: now || undefined }, hash: route.hash })
  })
  // Back and forward change the address first.
  watch(
    () => route.query,
    () => {
      if (route.path !== here) return
      sort.value = readSort()
      const next = read()
      if (names.every((name) => next[name] === applied.value[name])) return
      clearTimeout(waiting)
      Object.assign(filters, next)
      applied.value = { ...next }
      selected.value = []
    },
  )
  onScopeDispose(() => clearTimeout(waiting))

  const input = computed(() => {
    const fixed = (toValue(options.fixed) ?? {}) as { query?: Record<string, unknown> }
    const given = options.toQuery
      ? options.toQuery(applied.value)
      : Object.fromEntries(
          names.filter((name) => set(applied.value[name] as Value)).map((n) => [n, applied.value[n]]),
        )
    return { ...fixed, query: { ...fixed.query, ...given, ...(sort.value ? { sort: sort.value } : {}) } }
  })
  const paging = (cursor: string | undefined) =>
    options.unpaged ? {} : { limit: options.limit ?? 50, ...(cursor ? { cursor } : { total: true }) }

  type Page = { items: ItemOf<K>[]; next_cursor?: string | null; total?: number | null }
  const query = useInfiniteQuery<Page, Problem, InfiniteData<Page>, readonly unknown[], string | undefined>({
    queryKey: computed(() => [id, 'list', input.value]),
    queryFn: ({ pageParam, signal }) =>
      (call as (id: K, input: unknown) => Promise<unknown>)(id, {
        ...input.value,
        query: { ...paging(pageParam), ...input.value.query },
        signal,
      }) as Promise<Page>,
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: (before) => before,
    enabled: computed(() => toValue(options.enabled) ?? true),
  })

  const items = computed(() => (query.data.value?.pages ?? []).flatMap((page) => page.items))
  return {
    filters,
    filtered: computed(() => names.some((name) => applied.value[name] !== resting[name])),
    reset: () => {
      Object.assign(filters, resting)
      apply()
    },
    items,
    total: computed(() => query.data.value?.pages[0]?.total ?? undefined),
    sort,
    asked: input,
    loading: computed(() => query.isPending.value && query.fetchStatus.value !== 'idle'),
    busy: computed(() => query.isFetching.value),
    empty: computed(() => query.isSuccess.value && items.value.length === 0),
    problem: computed(() => query.error.value ?? undefined),
    hasMore: computed(() => query.hasNextPage.value),
    more: async () => {
      if (query.hasNextPage.value && !query.isFetchingNextPage.value) await query.fetchNextPage()
    },
    refresh: async () => {
      await query.refetch()
    },
    selected,
  }
}

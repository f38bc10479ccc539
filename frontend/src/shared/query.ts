import { QueryClient, keepPreviousData, useQuery } from '@tanstack/vue-query'
import type { UseQueryReturnType } from '@tanstack/vue-query'
import { computed, toValue } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import { call, changes, Problem } from '@/api'
import type { InputOf, OperationId, OutputOf } from '@/api'

/** Server state. A problem the server stated is not asked again; an unreached server is, twice. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      networkMode: 'always',
      retry: (count, thrown) => count < 2 && Problem.of(thrown).is('network'),
      retryDelay: (count) => 500 * 2 ** count,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

export type ReadInput<K extends OperationId> = Omit<InputOf<K>, 'signal' | 'key'>
export interface ReadOptions {
  enabled?: MaybeRefOrGetter<boolean>
  /** Milliseconds between automatic reads, e.g. of a rotating code; none while undefined. */
  every?: MaybeRefOrGetter<number | undefined>
  staleTime?: number
  /** Shows the former answer while a new input is read. */
  keep?: boolean
}

/** Reads one operation: `useRead('get_grid', () => ({ path: { id: props.id } }))`. */
export function useRead<K extends OperationId>(
  id: K,
  input: MaybeRefOrGetter<ReadInput<K>> = {} as ReadInput<K>,
  options: ReadOptions = {},
): UseQueryReturnType<OutputOf<K>, Problem> {
  const given = computed(() => toValue(input))
  return useQuery({
    queryKey: computed(() => [id, given.value]),
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      (call as (id: K, input: unknown) => Promise<OutputOf<K>>)(id, { ...given.value, signal }),
    enabled: computed(() => toValue(options.enabled) ?? true),
    refetchInterval: computed(() => toValue(options.every) ?? false),
    ...(options.staleTime === undefined ? {} : { staleTime: options.staleTime }),
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  }) as unknown as UseQueryReturnType<OutputOf<K>, Problem>
}

/** Marks what was read as outdated after a change; pages that show it read again. */
export async function invalidate(...ids: OperationId[]): Promise<void> {
  await Promise.all(ids.map((id) => queryClient.invalidateQueries({ queryKey: [id] })))
}

/** After an act has succeeded: pages that show what it changes read again. What that is, the contract says. */
export async function readAgain(act: keyof typeof changes): Promise<void> {
  await invalidate(...changes[act])
}

/** Resolves when nothing is being read: what else wants the line may have it then. */
export function allRead(): Promise<void> {
  return new Promise((resume) => {
    const cache = queryClient.getQueryCache()
    const look = () => {
      if (queryClient.isFetching() > 0) return
      stop()
      resume()
    }
    const stop = cache.subscribe(look)
    look()
  })
}

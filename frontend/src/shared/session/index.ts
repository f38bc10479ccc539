import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { Directive } from 'vue'
import { call, Problem } from '@/api'
import type { Me } from '@/api'
import { onSessionEnded, renew, setToken } from '@/api/client'
import { useAct } from '@/shared/act'
import { queryClient } from '@/shared/query'
import type { Needed } from './permissions'

export type { Needed, Permission } from './permissions'

const flag = 'gezhi.signed-in'
const lastMe = 'gezhi.me'
const lastTownship = 'gezhi.township'
const lastUsername = 'gezhi.username'

function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, value)
  } catch {
    // Without storage the session lasts as long as the page.
  }
}
function kept(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

export interface Credentials {
  township: string
  username: string
  password: string
}

/** Who is signed in and what they may do. `state`: `unknown` until `restore` has asked the server. */
export const useSession = defineStore('session', () => {
  const entering = useAct('sign_in')
  const leaving = useAct('sign_out')
  const me = ref<Me>()
  const state = ref<'unknown' | 'in' | 'out'>('unknown')
  /** Why the sign-in page appears: the session ran out while working. */
  const ended = ref(false)
  const granted = computed(() => new Set(me.value?.permissions ?? []))
  /** Somebody else chose the password: nothing but changing it is open. */
  const mustChange = computed(() => me.value?.account.must_change_password === true)
  let restoring: Promise<void> | undefined

  function can(needed: Needed): boolean {
    if (needed === undefined) return true
    if (typeof needed === 'string') return granted.value.has(needed)
    return needed.some((one) => granted.value.has(one))
  }

  function clear(): void {
    setToken(undefined)
    me.value = undefined
    state.value = 'out'
    keep(flag, undefined)
    keep(lastMe, undefined)
    queryClient.clear()
  }

  async function reload(): Promise<void> {
    me.value = await call('get_me')
    keep(lastMe, JSON.stringify(me.value))
  }

  /** Without a connection the person known from before goes on; the server checks rights at the next call. */
  function goOn(): boolean {
    const text = kept(lastMe)
    if (!text) return false
    try {
      me.value = JSON.parse(text) as Me
    } catch {
      return false
    }
    state.value = 'in'
    return true
  }

  /** Whether somebody was signed in here when this browser was last at it. */
  const expected = () => kept(flag) !== undefined

  /** Looks whether an earlier session still lives. Throws the `Problem` when the server cannot be
   * reached and nobody is known from before. */
  function restore(): Promise<void> {
    restoring ??= (async () => {
      if (!expected() || !(await renew())) return clear()
      // Who it is and what they may do is mostly as it was: the page need not wait until the server has said so.
      const fresh = reload()
      if (goOn()) return void fresh.catch(() => undefined)
      await fresh
      state.value = 'in'
    })()
      .catch((thrown: unknown) => {
        if (Problem.of(thrown).status === 401) return clear()
        if (!goOn()) throw thrown
      })
      .finally(() => {
        restoring = undefined
      })
    return restoring
  }

  async function signIn(credentials: Credentials): Promise<void> {
    const signed = await entering.send({ body: { ...credentials } })
    queryClient.clear()
    setToken(signed.access_token)
    await reload()
    state.value = 'in'
    ended.value = false
    keep(flag, '1')
    remember({ township: me.value?.township.name, username: credentials.username })
  }

  /** Ends the session at the server; when that cannot be reached the problem is thrown and one stays signed in. */
  async function signOut(): Promise<void> {
    try {
      await leaving.send()
    } catch (thrown) {
      if (Problem.of(thrown).status !== 401) throw thrown
    }
    clear()
    ended.value = false
  }

  onSessionEnded(() => {
    if (state.value === 'in') ended.value = true
    clear()
  })
  if (typeof window !== 'undefined') {
    window.addEventListener('storage', (event) => {
      if (event.key === flag && event.newValue === null && state.value === 'in') clear()
    })
  }

  /** What the sign-in page starts with. */
  function remember({ township, username }: { township: string | undefined; username: string }): void {
    keep(lastTownship, township)
    keep(lastUsername, username)
  }
  const remembered = () => ({ township: kept(lastTownship), username: kept(lastUsername) })
  return {
    me,
    state,
    ended,
    mustChange,
    can,
    expected,
    restore,
    signIn,
    signOut,
    reload,
    remember,
    remembered,
  }
})

/** `const can = useCan()` → `can('grid.manage')`, in templates too; follows the session. */
export function useCan(): (needed: Needed) => boolean {
  return useSession().can
}

/** `v-can="'grid.manage'"` leaves the element out for those without the permission. A hidden button is
 * no guard: the server decides. For whole parts prefer `v-if="can(…)"`, which does not build them. */
export const vCan: Directive<HTMLElement, Needed> = {
  mounted: (element, { value }) => {
    element.hidden = !useSession().can(value)
    if (element.hidden) element.style.display = 'none'
  },
  updated: (element, { value }) => {
    const may = useSession().can(value)
    if (element.hidden === !may) return
    element.hidden = !may
    element.style.display = may ? '' : 'none'
  },
}

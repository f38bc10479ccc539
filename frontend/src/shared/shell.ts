import { computed, nextTick, onMounted, onUnmounted, ref, useTemplateRef, watch } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { notify } from './notify'
import type { NavEntry } from './features'
import { useSession } from './session'

/** What both frames need: which entries one may see, whether this page is one's to see, signing out. */
export function useShell(nav: NavEntry[]): {
  entries: ComputedRef<NavEntry[]>
  /** How many things wait at an entry, or an empty text. */
  waiting: (entry: NavEntry) => string
  allowed: ComputedRef<boolean>
  here: (entry: NavEntry) => boolean
  signOut: () => Promise<void>
  /** The element with `ref="main"`; it takes the focus when the page changes. */
  main: Readonly<ShallowRef<HTMLElement | null>>
  offline: Ref<boolean>
} {
  const session = useSession()
  const route = useRoute()
  const router = useRouter()
  const main = useTemplateRef<HTMLElement>('main')
  const offline = ref(navigator.onLine === false)
  const entries = computed(() => nav.filter((entry) => session.can(entry.permission)))
  const counts = new Map(nav.map((entry) => [entry.to, entry.waiting?.()]))

  watch(
    () => session.state,
    (state) => {
      // The session ran out, here or in another tab: sign in again and come back to this page.
      if (state === 'out' && !route.meta.open) {
        void router.replace({ name: 'sign-in', query: session.ended ? { next: route.fullPath } : {} })
      }
    },
  )
  watch(
    () => session.mustChange,
    (must) => {
      // Somebody has set a password meanwhile: one's own comes before anything else.
      if (must) void router.replace({ name: 'sign-in', query: { next: route.fullPath } })
    },
  )
  watch(
    () => route.path,
    () => void nextTick(() => main.value?.focus({ preventScroll: true })),
  )
  const follow = () => (offline.value = !navigator.onLine)
  onMounted(() => {
    window.addEventListener('online', follow)
    window.addEventListener('offline', follow)
  })
  onUnmounted(() => {
    window.removeEventListener('online', follow)
    window.removeEventListener('offline', follow)
  })

  return {
    entries,
    waiting: (entry) => counts.get(entry.to)?.value ?? '',
    allowed: computed(() => session.can(route.meta.permission)),
    here: (entry) => (entry.to === '/' ? route.path === '/' : `${route.path}/`.startsWith(`${entry.to}/`)),
    signOut: async () => {
      try {
        await session.signOut()
      } catch (thrown) {
        notify.problem(thrown)
      }
    },
    main,
    offline,
  }
}

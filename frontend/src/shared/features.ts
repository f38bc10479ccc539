import type { Ref } from 'vue'
import type { RouteLocationNormalized, RouteRecordRaw, Router } from 'vue-router'
import type { GlyphName } from './components/Glyph.vue'
import { loadTexts, t } from './i18n'
import type { TextKey } from './i18n'
import { useSession } from './session'
import type { Needed } from './session'

declare module 'vue-router' {
  interface RouteMeta {
    title?: TextKey
    /** Whose texts the page says: those of its feature, and of others whose parts it shows. */
    texts?: string[]
    /** What one must be allowed to see the page; several: any one is enough. */
    permission?: Needed
    /** Needs no sign-in. */
    open?: boolean
  }
}

/** An entry of the desk's navigation or a tab of the hand. */
export interface NavEntry {
  text: TextKey
  to: string
  glyph: GlyphName
  order: number
  permission?: Needed
  /** How many things wait there, as it is shown at the entry; nothing where none do. Called once, as the frame is set up. */
  waiting?: () => Ref<string>
}
export interface Feature {
  /** Pages within the frame, for whoever is signed in. */
  routes?: RouteRecordRaw[]
  /** Pages outside of the frame. */
  open?: RouteRecordRaw[]
  nav?: NavEntry[]
  /** Features whose texts its pages say beside its own. */
  texts?: string[]
}

export type Collected = Required<Omit<Feature, 'texts'>>

/** What `import.meta.glob('../*\/routes.ts', { eager: true })` found, as one list of routes and entries. */
export function collect(found: Record<string, unknown>): Collected {
  const features = Object.values(found) as Feature[]
  for (const [path, feature] of Object.entries(found as Record<string, Feature>)) {
    const texts = [...path.split('/').slice(-2, -1), ...(feature.texts ?? [])]
    for (const route of [...(feature.routes ?? []), ...(feature.open ?? [])])
      route.meta = { texts, ...route.meta }
  }
  return {
    routes: features.flatMap((feature) => feature.routes ?? []),
    open: features.flatMap((feature) => feature.open ?? []),
    nav: features.flatMap((feature) => feature.nav ?? []).sort((a, b) => a.order - b.order),
  }
}

/** A page's code and texts come together, and while the server is asked whether somebody is still signed in. Whoever waits for them is told
 * if they do not come. */
function fetchAhead(to: RouteLocationNormalized): void {
  const none = () => undefined
  loadTexts(to.meta.texts).catch(none)
  for (const { components } of to.matched) {
    const page = components?.['default']
    if (typeof page === 'function') (page as () => Promise<unknown>)().catch(none)
  }
}

/** Asks who is signed in before the first page, sends others (and whoever has a password that somebody else chose, who
 * chooses one there) to the sign-in page and back afterwards, brings its texts and names the page. */
export function guard(router: Router): void {
  router.beforeEach(async (to) => {
    const session = useSession()
    if (session.state === 'unknown') {
      // First, since a browser asks for six things at a time and all else waits for this one.
      const restored = session.restore().catch(() => undefined)
      if (session.expected()) fetchAhead(to)
      await restored
    }
    if ((session.state !== 'in' || session.mustChange) && !to.meta.open) {
      return { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
    }
    if (session.state === 'in' && !session.mustChange && to.name === 'sign-in') return next(to.query['next'])
    fetchAhead(to)
    return true
  })
  router.beforeResolve((to) => loadTexts(to.meta.texts))
  router.afterEach((to) => {
    document.title = to.meta.title ? `${t(to.meta.title)} – ${t('common.product')}` : t('common.product')
  })
  // After an update the chunk of a page not yet visited is gone: load the new page once.
  window.addEventListener('vite:preloadError', (event) => {
    // Without a connection a reload would lose the page itself.
    if (navigator.onLine === false) return
    const last = Number(sessionStorage.getItem('gezhi.reloaded') ?? 0)
    if (Date.now() - last < 60_000) return
    event.preventDefault()
    sessionStorage.setItem('gezhi.reloaded', String(Date.now()))
    location.reload()
  })
}

/** Where to go after signing in; only ever a path of this face. */
export function next(value: unknown): string {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value) && !value.startsWith('/sign-in')
    ? value
    : '/'
}

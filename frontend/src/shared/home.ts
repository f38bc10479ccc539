import type { RouteRecordRaw } from 'vue-router'
import type { Collected } from './features'
import { useSession } from './session'

/** The first page: the feature's own at `/` for those who may see it, else the first entry one may see,
 * else a word that there is nothing. */
export function pages(features: Collected, nothing: RouteRecordRaw['component']): RouteRecordRaw[] {
  const own = features.routes.find((route) => route.path === '/')
  const first = () => {
    const session = useSession()
    return features.nav.find((entry) => entry.to !== '/' && session.can(entry.permission))?.to
  }
  const rest = features.routes.filter((route) => route !== own)
  if (own) {
    own.beforeEnter = () => {
      const to = useSession().can(own.meta?.permission) ? undefined : first()
      return to ? { path: to, replace: true } : true
    }
    return [own, ...rest]
  }
  return [
    {
      path: '/',
      component: nothing as never,
      beforeEnter: () => {
        const to = first()
        return to ? { path: to, replace: true } : true
      },
    },
    ...rest,
  ]
}

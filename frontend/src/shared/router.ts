import { createRouter, createWebHistory } from 'vue-router'
import type { RouteRecordRaw, Router } from 'vue-router'
import { guard } from './features'
import type { Collected } from './features'
import { pages } from './home'

type Page = RouteRecordRaw['component']

interface Parts {
  features: Collected
  /** The frame around every page that needs a sign-in. */
  layout: Page
  signIn: Page
  notFound: Page
  nothing: Page
}

/** The router of one face: its sign-in page, and within its frame the pages of its features. */
export function makeRouter(base: string, parts: Parts): Router {
  const router = createRouter({
    history: createWebHistory(base),
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
    routes: [
      {
        path: '/sign-in',
        name: 'sign-in',
        component: parts.signIn as never,
        meta: { open: true, title: 'session.title' },
      },
      ...parts.features.open,
      {
        path: '/',
        component: parts.layout as never,
        children: [
          ...pages(parts.features, parts.nothing),
          {
            path: '/:rest(.*)*',
            name: 'not-found',
            component: parts.notFound as never,
            meta: { title: 'problem.not_found_title' },
          },
        ],
      },
    ],
  })
  guard(router)
  return router
}

import { createRouter, createWebHistory } from 'vue-router'
import type { Router } from 'vue-router'
import { collect, guard } from '@/shared/features'
import { pages } from '@/shared/home'
import Layout from './Layout.vue'
import NotFound from './NotFound.vue'
import Nothing from './Nothing.vue'

const features = collect(import.meta.glob('../*/routes.ts', { eager: true }))
export const nav = features.nav

export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory('/'),
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
    routes: [
      {
        path: '/sign-in',
        name: 'sign-in',
        component: () => import('./SignIn.vue'),
        meta: { open: true, title: 'session.title' },
      },
      {
        path: '/',
        component: Layout,
        children: [
          ...pages(features, Nothing),
          {
            path: '/:rest(.*)*',
            name: 'not-found',
            component: NotFound,
            meta: { title: 'problem.not_found_title' },
          },
        ],
      },
    ],
  })
  guard(router)
  return router
}

import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/activities',
    component: () => import('./ActivitiesPage.vue'),
    meta: { title: 'activity.title', permission: 'activity.read' },
  },
  {
    path: '/activities/:id',
    props: true,
    component: () => import('./ActivityPage.vue'),
    meta: { title: 'activity.one', permission: 'activity.read' },
  },
  {
    path: '/activities/:id/steward',
    props: true,
    component: () => import('./StewardPage.vue'),
    meta: { title: 'activity.steward', permission: 'presence.steward' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.activity', to: '/activities', glyph: 'activity', order: 20, permission: 'activity.read' },
]

import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/activities',
    component: () => import('./ActivitiesPage.vue'),
    meta: { title: 'activity.title', permission: 'activity.read' },
  },
  {
    path: '/activities/new',
    component: () => import('./EditPage.vue'),
    meta: { title: 'activity.new', permission: 'activity.manage' },
  },
  {
    path: '/activities/:id',
    props: true,
    component: () => import('./ActivityPage.vue'),
    meta: { title: 'activity.one', permission: 'activity.read' },
  },
  {
    path: '/activities/:id/edit',
    props: true,
    component: () => import('./EditPage.vue'),
    meta: { title: 'activity.edit', permission: 'activity.manage' },
  },
  {
    path: '/activities/:id/code',
    props: true,
    component: () => import('./CodePage.vue'),
    meta: { title: 'activity.code', permission: 'presence.steward' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.activity', to: '/activities', glyph: 'activity', order: 60, permission: 'activity.read' },
]

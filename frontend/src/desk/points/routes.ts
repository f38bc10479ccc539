import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/points',
    component: () => import('./LeaderboardPage.vue'),
    meta: { title: 'points.title', permission: 'points.read' },
  },
  {
    path: '/points/rules',
    component: () => import('./RulesPage.vue'),
    meta: { title: 'points.rules', permission: 'points.read' },
  },
  {
    path: '/points/entries',
    component: () => import('./EntriesPage.vue'),
    meta: { title: 'points.entries', permission: 'points.read' },
  },
  {
    path: '/points/members/:id',
    props: true,
    component: () => import('./EntriesPage.vue'),
    meta: { title: 'points.entries', permission: 'points.read_all' },
  },
  {
    path: '/points/notice',
    component: () => import('./NoticePage.vue'),
    meta: { title: 'points.notice', permission: 'points.read' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.points', to: '/points', glyph: 'points', order: 70, permission: 'points.read' },
]

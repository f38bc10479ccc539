import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/points',
    component: () => import('./PointsPage.vue'),
    meta: { title: 'points.title', permission: 'points.read' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.points', to: '/points', glyph: 'points', order: 30, permission: 'points.read' },
]

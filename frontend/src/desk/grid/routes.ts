import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/grids',
    component: () => import('./GridsPage.vue'),
    meta: { title: 'grid.title', permission: 'grid.read' },
  },
  // One page shows them all; the chosen one is a word of its address.
  { path: '/grids/:id', redirect: (to) => ({ path: '/grids', query: { grid: to.params['id'] } }) },
]
export const texts = ['import']
export const nav: NavEntry[] = [
  { text: 'nav.grid', to: '/grids', glyph: 'grid', order: 20, permission: 'grid.read' },
]

import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/',
    component: () => import('./HomePage.vue'),
    meta: { title: 'home.title', permission: 'home.read' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.home', to: '/', glyph: 'home', order: 10, permission: 'home.read' },
]

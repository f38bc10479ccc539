import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/people',
    component: () => import('./PeoplePage.vue'),
    meta: { title: 'member.title', permission: 'member.read' },
  },
  // A person is shown beside the list; the chosen one is a word of its address.
  { path: '/people/:id', redirect: (to) => ({ path: '/people', query: { member: to.params['id'] } }) },
]
export const texts = ['import']
export const nav: NavEntry[] = [
  { text: 'nav.member', to: '/people', glyph: 'people', order: 30, permission: 'member.read' },
]

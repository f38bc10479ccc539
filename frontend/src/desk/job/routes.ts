import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/jobs',
    component: () => import('./JobsPage.vue'),
    meta: { title: 'job.title', permission: 'job.manage' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.job', to: '/jobs', glyph: 'soon', order: 86, permission: 'job.manage' },
]

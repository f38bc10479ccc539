import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/audit',
    component: () => import('./AuditPage.vue'),
    meta: { title: 'audit.title', permission: 'audit.read' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.audit', to: '/audit', glyph: 'eye', order: 85, permission: 'audit.read' },
]

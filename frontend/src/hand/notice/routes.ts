import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'
import { useUnread } from '@/shared/notices'

export const routes: RouteRecordRaw[] = [
  {
    path: '/notices',
    component: () => import('./NoticesPage.vue'),
    meta: { title: 'notice.title', permission: 'notice.read' },
  },
  {
    path: '/notices/:id',
    props: true,
    component: () => import('./ShowPage.vue'),
    meta: { title: 'notice.one', permission: 'notice.read' },
  },
]
export const nav: NavEntry[] = [
  {
    text: 'nav.notice',
    to: '/notices',
    glyph: 'notice',
    order: 25,
    permission: 'notice.read',
    waiting: useUnread,
  },
]

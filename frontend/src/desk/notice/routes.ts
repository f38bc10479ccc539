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
    path: '/notices/new',
    component: () => import('./EditPage.vue'),
    meta: { title: 'notice.new', permission: 'notice.manage' },
  },
  {
    path: '/notices/:id',
    props: true,
    component: () => import('./ShowPage.vue'),
    meta: { title: 'notice.one', permission: 'notice.read' },
  },
  {
    path: '/notices/:id/edit',
    props: true,
    component: () => import('./EditPage.vue'),
    meta: { title: 'notice.edit', permission: 'notice.manage' },
  },
]
export const nav: NavEntry[] = [
  {
    text: 'nav.notice',
    to: '/notices',
    glyph: 'notice',
    order: 65,
    permission: 'notice.read',
    waiting: useUnread,
  },
]

import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/',
    component: () => import('./InboxPage.vue'),
    meta: { title: 'task.title', permission: 'task.read' },
  },
  {
    path: '/tasks/:id',
    props: true,
    component: () => import('./TaskPage.vue'),
    meta: { title: 'task.one', permission: 'task.read' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.task', to: '/', glyph: 'todo', order: 10, permission: 'task.read' },
]

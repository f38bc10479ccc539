import type { RouteLocationNormalized, RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

/** Opened without a question, the page answers the first one: what is late. */
const late = (to: RouteLocationNormalized) =>
  Object.keys(to.query).length === 0 ? { path: to.path, query: { late: 'true' } } : true

export const routes: RouteRecordRaw[] = [
  {
    path: '/tasks',
    component: () => import('./TasksPage.vue'),
    beforeEnter: late,
    meta: { title: 'task.title', permission: 'task.read' },
  },
  {
    path: '/tasks/to-verify',
    component: () => import('./VerifyPage.vue'),
    meta: { title: 'task.to_verify', permission: 'task.verify' },
  },
  {
    path: '/tasks/:id',
    props: true,
    component: () => import('./TaskPage.vue'),
    meta: { title: 'task.one', permission: 'task.read' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.task', to: '/tasks', glyph: 'todo', order: 50, permission: 'task.read' },
]

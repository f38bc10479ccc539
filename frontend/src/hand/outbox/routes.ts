import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  {
    path: '/outbox',
    component: () => import('./OutboxPage.vue'),
    meta: { title: 'outbox.title', permission: 'task.submit' },
  },
]

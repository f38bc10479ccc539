import type { RouteRecordRaw } from 'vue-router'

export const open: RouteRecordRaw[] = [
  {
    // As the server prints it at its first start.
    path: '/desk/setup',
    name: 'set-up',
    component: () => import('./SetUpPage.vue'),
    meta: { open: true, title: 'township.set_up' },
  },
]

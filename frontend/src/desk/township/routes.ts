import type { RouteRecordRaw } from 'vue-router'

export const open: RouteRecordRaw[] = [
  {
    // As the server prints it at its first start.
    path: '/desk/setup',
    name: 'set-up',
    component: () => import('./SetUpPage.vue'),
    meta: { open: true, title: 'township.set_up' },
  },
  {
    // As `gezhi admin restore-administrator` prints it.
    path: '/desk/restore',
    name: 'restore',
    component: () => import('./RestorePage.vue'),
    meta: { open: true, title: 'township.restore' },
  },
]

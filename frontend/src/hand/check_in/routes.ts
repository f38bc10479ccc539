import type { RouteRecordRaw } from 'vue-router'

export const routes: RouteRecordRaw[] = [
  {
    path: '/c/:code',
    props: true,
    component: () => import('./CheckInPage.vue'),
    meta: { title: 'check_in.title', permission: 'presence.check_in' },
  },
  {
    path: '/scan',
    component: () => import('./ScanPage.vue'),
    meta: { title: 'check_in.scan_title', permission: 'presence.check_in' },
  },
]

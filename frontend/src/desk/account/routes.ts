import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  { path: '/settings', component: () => import('./MinePage.vue'), meta: { title: 'account.mine' } },
  {
    path: '/settings/accounts',
    component: () => import('./AccountsPage.vue'),
    meta: { title: 'account.accounts', permission: 'account.read' },
  },
  {
    path: '/settings/roles',
    component: () => import('./RolesPage.vue'),
    meta: { title: 'account.roles', permission: 'account.read' },
  },
]
export const nav: NavEntry[] = [{ text: 'nav.account', to: '/settings', glyph: 'settings', order: 90 }]

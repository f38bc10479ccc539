import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  { path: '/me', component: () => import('./MePage.vue'), meta: { title: 'me.title' } },
  { path: '/me/sessions', component: () => import('./SessionsPage.vue'), meta: { title: 'me.sessions' } },
  { path: '/me/password', component: () => import('./PasswordPage.vue'), meta: { title: 'me.password' } },
]
export const nav: NavEntry[] = [{ text: 'nav.me', to: '/me', glyph: 'person', order: 40 }]

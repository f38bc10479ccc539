import type { RouteRecordRaw } from 'vue-router'
import type { NavEntry } from '@/shared/features'

export const routes: RouteRecordRaw[] = [
  {
    path: '/checklists',
    component: () => import('./ChecklistsPage.vue'),
    meta: { title: 'checklist.title', permission: 'checklist.read' },
  },
  {
    path: '/checklists/new',
    component: () => import('./EditorPage.vue'),
    meta: { title: 'checklist.new', permission: 'checklist.manage' },
  },
  {
    path: '/checklists/:id',
    props: true,
    component: () => import('./ChecklistPage.vue'),
    meta: { title: 'checklist.title', permission: 'checklist.read' },
  },
  {
    path: '/checklists/:id/edit',
    props: true,
    component: () => import('./EditorPage.vue'),
    meta: { title: 'checklist.edit', permission: 'checklist.manage' },
  },
  {
    path: '/checklists/:id/publish',
    props: true,
    component: () => import('./PublishPage.vue'),
    meta: { title: 'checklist.publish_title', permission: 'checklist.publish' },
  },
]
export const nav: NavEntry[] = [
  { text: 'nav.checklist', to: '/checklists', glyph: 'list', order: 40, permission: 'checklist.read' },
]

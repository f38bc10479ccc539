import { expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { pageOf } from './occasion'

const page = { template: '' }
const router = createRouter({
  history: createMemoryHistory(),
  routes: [
    { path: '/activities/:id', component: page, meta: { title: 'activity.one' } },
    { path: '/:rest(.*)*', component: page },
  ],
})
const occasion = { kind: 'activity', id: 'a', title: '河道清理', place: '水库村', link: '/activities/a' }

it('leads where there is a page and the account may read it', () => {
  expect(pageOf(router, occasion)).toBe('/activities/a')
  expect(pageOf(router, { ...occasion, link: null })).toBe('')
  expect(pageOf(router, { ...occasion, kind: 'patrol', link: '/patrols/a' })).toBe('')
})

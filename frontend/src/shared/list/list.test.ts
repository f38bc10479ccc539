import { VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { setToken } from '@/api/client'
import { isDay } from '@/shared/dates'
import { queryClient } from '@/shared/query'
import { useList } from './index'

let asked: URL[] = []
beforeEach(() => {
  asked = []
  setToken('t')
  queryClient.clear()
  vi.stubGlobal('fetch', async (request: Request) => {
    const url = new URL(request.url)
    asked.push(url)
    const second = url.searchParams.get('cursor') === 'next'
    return new Response(
      JSON.stringify({
        items: [{ id: second ? 'b' : 'a' }],
        next_cursor: second ? null : 'next',
        ...(url.searchParams.has('total') ? { total: 2 } : {}),
      }),
      { headers: { 'Content-Type': 'application/json' } },
    )
  })
})

async function open(address: string) {
  let list: ReturnType<typeof make> | undefined
  const make = () =>
    useList('list_tasks', {
      filters: { q: '', late: false, state: '', due_on: '' },
      fits: { due_on: isDay },
      orders: ['due_at', 'title'],
      limit: 10,
      delay: 0,
    })
  const Page = defineComponent({
    setup() {
      list = make()
      return () => h('p')
    },
  })
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/tasks', component: Page }],
  })
  await router.push(address)
  mount(Page, { global: { plugins: [router, [VueQueryPlugin, { queryClient }]] } })
  await flushPromises()
  if (!list) throw new Error('not set up')
  return { list, router }
}
const settle = async () => {
  await new Promise((done) => setTimeout(done, 10))
  await flushPromises()
}

describe('useList', () => {
  it('starts from the address and sends only what is set', async () => {
    const { list } = await open('/tasks?late=true')
    expect(list.filters).toEqual({ q: '', late: true, state: '', due_on: '' })
    expect(asked[0]?.search).toBe('?limit=10&total=true&late=true')
    expect(list.filtered.value).toBe(true)
    expect(list.items.value.map((one) => one.id)).toEqual(['a'])
  })

  it('takes a day from the address, and only a day', async () => {
    await open('/tasks?due_on=2026-11-22')
    expect(asked.pop()?.searchParams.get('due_on')).toBe('2026-11-22')
    const { list } = await open('/tasks?due_on=today')
    expect(asked.pop()?.search).toBe('?limit=10&total=true')
    expect(list.filtered.value).toBe(false)
  })

  it('loads more by cursor until there is none', async () => {
    const { list } = await open('/tasks')
    expect(list.hasMore.value).toBe(true)
    await list.more()
    await flushPromises()
    expect(list.items.value.map((one) => one.id)).toEqual(['a', 'b'])
    expect(list.hasMore.value).toBe(false)
    await list.more()
    expect(asked).toHaveLength(2)
  })

  it('writes filters into the address, starts over and forgets the selection', async () => {
    const { list, router } = await open('/tasks?tab=x')
    list.selected.value = ['a']
    list.filters.q = '走访'
    await settle()
    expect(router.currentRoute.value.query).toEqual({ tab: 'x', q: '走访' })
    expect(asked.pop()?.searchParams.get('q')).toBe('走访')
    expect(list.selected.value).toEqual([])
    list.reset()
    await settle()
    expect(router.currentRoute.value.query).toEqual({ tab: 'x' })
    expect(list.filtered.value).toBe(false)
  })

  it('is counted with its first page alone', async () => {
    const { list } = await open('/tasks')
    expect(list.total.value).toBe(2)
    await list.more()
    await flushPromises()
    expect(asked[1]?.searchParams.get('cursor')).toBe('next')
    expect(asked[1]?.searchParams.has('total')).toBe(false)
    expect(list.total.value).toBe(2)
  })

  it('is ordered by what the address says, if it knows that order', async () => {
    const { list, router } = await open('/tasks?sort=-title')
    expect(asked.pop()?.searchParams.get('sort')).toBe('-title')
    list.selected.value = ['a']
    list.sort.value = 'due_at'
    await settle()
    expect(router.currentRoute.value.query).toEqual({ sort: 'due_at' })
    expect(asked.pop()?.searchParams.get('sort')).toBe('due_at')
    expect(list.selected.value).toEqual([])
    expect(list.asked.value).toEqual({ query: { sort: 'due_at' } })
    await router.push('/tasks')
    await settle()
    expect(list.sort.value).toBe('')
    queryClient.clear()
    await open('/tasks?sort=nonsense')
    expect(asked.pop()?.searchParams.has('sort')).toBe(false)
  })

  it('follows back and forward', async () => {
    const { list, router } = await open('/tasks')
    await router.push('/tasks?state=open')
    await settle()
    expect(list.filters.state).toBe('open')
    expect(asked.pop()?.searchParams.get('state')).toBe('open')
  })
})

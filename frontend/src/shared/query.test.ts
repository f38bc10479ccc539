import { VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { setToken } from '@/api/client'
import { queryClient, useRead } from './query'

beforeEach(() => {
  vi.useFakeTimers()
  setToken('t')
  queryClient.clear()
})
afterEach(() => {
  vi.useRealTimers()
})

it('reads again by itself while it is told how often, and only then', async () => {
  let asked = 0
  vi.stubGlobal('fetch', async () => {
    asked += 1
    return new Response(JSON.stringify({}), { headers: { 'Content-Type': 'application/json' } })
  })
  const every = ref<number>()
  const Page = defineComponent({
    setup() {
      useRead('get_home', {}, { every: () => every.value })
      return () => h('p')
    },
  })
  const page = mount(Page, { global: { plugins: [[VueQueryPlugin, { queryClient }]] } })
  const after = async (milliseconds: number) => {
    await vi.advanceTimersByTimeAsync(milliseconds)
    return asked
  }
  expect(await after(60_000)).toBe(1)
  every.value = 3_000
  expect(await after(9_500)).toBe(4)
  every.value = undefined
  expect(await after(60_000)).toBe(4)
  page.unmount()
})

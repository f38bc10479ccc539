import { VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, ref } from 'vue'
import type { SeenTask, TaskBrief } from '@/api'
import { setToken } from '@/api/client'
import { queryClient } from '@/shared/query'
import { useVerification } from './index'

const seen = (n: number): SeenTask => ({ id: `t${n}`, version: 2 })
const brief = (n: number, right = true) =>
  ({ id: `t${n}`, version: 2, looks_right: right }) as unknown as TaskBrief
const many = (count: number) => Array.from({ length: count }, (_, n) => seen(n))

interface Asked {
  tasks: SeenTask[]
  key: string | null
}
const json = (body: unknown) =>
  new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } })

/** A server that verifies what `refuse` does not name, cannot be reached where it would get `lost`, and what it was asked. */
function answer({
  refuse = [],
  right = [],
  lost,
}: { refuse?: string[]; right?: SeenTask[]; lost?: string } = {}) {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    if (request.method === 'GET') return json({ total: right.length + 1, right: right.length, tasks: right })
    const { tasks } = (await request.json()) as { tasks: SeenTask[] }
    asked.push({ tasks, key: request.headers.get('Idempotency-Key') })
    if (tasks.some((task) => task.id === lost)) throw new TypeError('Failed to fetch')
    const results = tasks.map(({ id }) =>
      refuse.includes(id)
        ? { id, verified: false, code: 'state_conflict', reason: '任务状态已变化' }
        : { id, verified: true, code: null, reason: null },
    )
    return json({ verified: results.filter((one) => one.verified).length, results })
  })
  return asked
}
beforeEach(() => {
  setToken('t')
  queryClient.clear()
})

describe('useVerification', () => {
  const page = async (rows: TaskBrief[]) => {
    const shown = ref(rows)
    let made: ReturnType<typeof useVerification> | undefined
    const Page = defineComponent({
      setup() {
        made = useVerification(() => shown.value)
        return () => null
      },
    })
    mount(Page, { global: { plugins: [[VueQueryPlugin, { queryClient }]] } })
    if (!made) throw new Error('not mounted')
    const verification = made
    await vi.waitFor(() => expect(verification.waiting.value).toBeDefined())
    return { verification, shown }
  }
  it('means all that looks right, shown or not, and not what came late', async () => {
    const asked = answer({ right: many(30) })
    const { verification } = await page([brief(0), brief(1), brief(99, false)])
    expect([verification.picked.value.length, verification.hidden.value]).toEqual([30, 28])
    expect(verification.isPicked('t99')).toBe(false)
    verification.pick('t1', false)
    verification.pick('t99', true)
    const outcome = await verification.run()
    expect(outcome?.done).toHaveLength(30)
    expect(asked[0]?.tasks.map((task) => task.id)).not.toContain('t1')
    expect(asked[0]?.tasks.map((task) => task.id)).toContain('t99')
  })
  it('asks for some at a time, goes on after what is refused, and tells what became of each', async () => {
    const asked = answer({ refuse: ['t1', 't150'], right: many(250) })
    const { verification } = await page([])
    const outcome = await verification.run()
    expect(asked.map((one) => one.tasks.length)).toEqual([100, 100, 50])
    expect(new Set(asked.map((one) => one.key)).size).toBe(3)
    expect(outcome?.done).toHaveLength(248)
    expect(outcome?.refused).toEqual([
      { item: seen(1), why: '任务状态已变化' },
      { item: seen(150), why: '任务状态已变化' },
    ])
    expect(outcome?.left).toEqual([])
    // What was refused is looked at before it is tried again.
    expect(verification.isPicked('t1')).toBe(false)
  })
  it('leaves the rest when the connection is lost, and asks for it again with the same key', async () => {
    const lost = { lost: 't100', right: many(250) }
    const asked = answer(lost)
    const { verification } = await page([])
    const outcome = await verification.run()
    expect([outcome?.done.length, outcome?.left.length, outcome?.problem?.code]).toEqual([
      100,
      150,
      'network',
    ])
    for (const { id } of outcome?.done ?? []) verification.pick(id, false)
    const tried = asked[1]?.key
    const again = answer({ right: many(250) })
    await verification.run()
    expect(tried).toBeTruthy()
    expect(again[0]?.key).toBe(tried)
  })
  it('takes a shown task as it is shown', async () => {
    const asked = answer({ right: many(2) })
    const { verification, shown } = await page([])
    shown.value = [{ ...brief(0), version: 4 } as TaskBrief]
    await verification.run()
    expect(asked[0]?.tasks[0]).toEqual({ id: 't0', version: 4 })
  })
  it('takes all or none', async () => {
    answer({ right: many(3) })
    const { verification } = await page([brief(9, false)])
    expect(verification.every.value).toBe(false)
    verification.every.value = true
    expect(verification.picked.value).toHaveLength(4)
    verification.every.value = false
    expect(verification.picked.value).toHaveLength(0)
  })
})

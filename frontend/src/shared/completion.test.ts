import { effectScope, nextTick, ref } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api'
import type * as client from '@/api/client'
import { leavingOf, useCompletion } from './completion'
import type { Completion } from './completion'

const { call } = vi.hoisted(() => ({ call: vi.fn() }))
vi.mock('@/api/client', async (original) => ({ ...(await original<typeof client>()), call }))

const activity = { ends_at: '2026-11-22T11:00:00+08:00' }
const opened = (checkIn: () => string | undefined) =>
  effectScope(true).run(() =>
    useCompletion(
      () => activity,
      checkIn,
      (what) => what,
    ),
  ) as Completion
beforeEach(() => call.mockReset())

it('guesses that who forgot to check out stayed to the end, or until now', () => {
  expect(leavingOf(activity, new Date('2026-11-24T09:00:00+08:00'))).toBe('2026-11-22T11:00')
  expect(leavingOf(activity, new Date('2026-11-22T10:20:40+08:00'))).toBe('2026-11-22T10:20')
})

describe('completing', () => {
  it('asks for the moment and for a reason of two characters before it sends anything', async () => {
    const { form, complete } = opened(() => 'c')
    form.values.checked_out_at = ''
    form.values.reason = ' 忘 '
    expect(await complete()).toBe(false)
    expect([form.error('checked_out_at'), form.error('reason')]).toEqual(['left_at', 'completion_reason'])
    expect(call).not.toHaveBeenCalled()
  })
  it('sends the moment of Beijing, and says when it was not to be', async () => {
    const { form, complete } = opened(() => 'c')
    form.values.checked_out_at = '2026-11-22T10:30'
    form.values.reason = ' 手机没电 '
    call.mockRejectedValueOnce(new Problem({ code: 'state_conflict', title: '此人已经签退' }, 409))
    expect(await complete()).toBe(false)
    expect(form.message.value).toContain('此人已经签退')
    call.mockResolvedValueOnce({})
    expect(await complete()).toBe(true)
    const body = { checked_out_at: '2026-11-22T10:30:00+08:00', reason: '手机没电' }
    expect(call).toHaveBeenLastCalledWith(
      'complete_check_in',
      expect.objectContaining({ path: { id: 'c' }, body }),
    )
  })
  it('begins anew with another person, and keeps what was typed while it is the same', async () => {
    const whose = ref('c')
    const { form } = opened(() => whose.value)
    form.values.reason = '忘记'
    whose.value = 'c'
    await nextTick()
    expect(form.values.reason).toBe('忘记')
    whose.value = 'd'
    await nextTick()
    expect(form.values.reason).toBe('')
  })
})

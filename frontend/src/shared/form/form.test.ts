import { describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api'
import { useForm } from './index'

const faulty = new Problem(
  {
    code: 'validation_failed',
    title: '填写有误',
    errors: [{ field: 'items[0].what', code: 'blank', message: '不能为空' }],
  },
  422,
)

describe('useForm', () => {
  it('keeps what was typed, shows the fault beside its field and drops it when touched', async () => {
    const form = useForm({ title: 'a', items: [{ what: '' }] }, () => Promise.reject(faulty))
    expect(form.error('items[0].what')).toBe('')
    expect(await form.submit()).toBe(false)
    expect(form.values.title).toBe('a')
    expect(form.error('items[0].what')).toBe('不能为空')
    expect(form.message.value).toBe('')
    const first = form.values.items[0]
    if (first) first.what = '走访'
    expect(form.error('items[0].what')).toBe('')
  })

  it('says above the form what stands beside no field', async () => {
    const form = useForm({ name: '' }, () => Promise.reject(faulty))
    await form.submit()
    expect(form.message.value).toContain('不能为空')
  })

  it('has nothing left to send once it went through, and goes on with what is typed then', async () => {
    const send = vi.fn().mockRejectedValueOnce(Problem.network()).mockResolvedValue(undefined)
    const form = useForm({ name: 'a' }, send)
    form.values.name = 'b'
    expect(await form.submit()).toBe(false)
    expect(form.changed.value).toBe(true)
    expect(await form.submit()).toBe(true)
    expect(send).toHaveBeenLastCalledWith({ name: 'b' })
    expect(form.changed.value).toBe(false)
  })

  it('sends nothing that fails its own check', async () => {
    const send = vi.fn(() => Promise.resolve())
    const form = useForm({ name: '' }, send, (values, mark) => {
      if (!values.name) mark('name', '请填写')
    })
    expect(await form.submit()).toBe(false)
    expect(send).not.toHaveBeenCalled()
    expect(form.error('name')).toBe('请填写')
  })
})

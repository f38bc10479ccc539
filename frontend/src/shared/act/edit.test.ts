import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api'
import { useEdit } from './edit'

interface Thing {
  id: string
  version: number
  name: string
  place: string
}
type Values = Pick<Thing, 'name' | 'place'>
const thing = (more: Partial<Thing> = {}): Thing => ({
  id: 't',
  version: 1,
  name: '会议',
  place: '礼堂',
  ...more,
})
const stale = () => Promise.reject(new Problem({ code: 'precondition_failed' }, 412))

/** What the server holds now. A change of another version is refused; `sent` is what came with the right one. */
let now: Thing
let sent: { version: number; body: Partial<Values> }[]
const edit = () =>
  useEdit<Thing, Values>({
    blank: () => ({ name: '', place: '' }),
    written: ({ name, place }) => ({ name, place }),
    read: async () => ({ ...now }),
    send: async (values, was) => {
      const body = Object.fromEntries(
        Object.entries(values).filter(([field, value]) => value !== was?.[field as keyof Values]),
      )
      if (was && was.version !== now.version) return stale()
      sent.push({ version: was?.version ?? 0, body })
      now = { ...now, ...body, version: now.version + 1 }
      return { ...now }
    },
    facts: ({ name, place }) => ({
      name: { label: '名称', text: name },
      place: { label: '地点', text: place },
    }),
  })
beforeEach(() => {
  now = thing()
  sent = []
})

describe('an edit', () => {
  it('begins with what was read, sends what differs with its version, and goes on from the answer', async () => {
    const form = edit()
    await form.load(async () => thing())
    form.values.name = '例会'
    expect((await form.save())?.version).toBe(2)
    expect(sent).toEqual([{ version: 1, body: { name: '例会' } }])
    expect(form.was.value?.version).toBe(2)
    expect(form.changed.value).toBe(false)
  })
  it('makes something new where nothing was read', async () => {
    const form = edit()
    form.open()
    Object.assign(form.values, { name: '例会', place: '礼堂' })
    expect(await form.save()).toBeTruthy()
    expect(sent).toEqual([{ version: 0, body: { name: '例会', place: '礼堂' } }])
  })
  it('says what could not be read', async () => {
    const form = edit()
    await form.load(() => Promise.reject(Problem.network()))
    expect(form.unreadable.value?.code).toBe('network')
    expect(form.loading.value).toBe(false)
  })

  describe('where somebody else has saved meanwhile', () => {
    const conflicted = async () => {
      const form = edit()
      form.open(thing())
      form.values.name = '例会'
      now = thing({ version: 5, name: '大会', place: '广场' })
      expect(await form.save()).toBeUndefined()
      return form
    }
    it('tells which fields, what they were and are now, and which were changed here too', async () => {
      const form = await conflicted()
      expect(form.conflict.value?.differences).toEqual([
        { field: 'name', label: '名称', was: '会议', now: '大会', mine: true },
        { field: 'place', label: '地点', was: '礼堂', now: '广场', mine: false },
      ])
      expect(form.values).toEqual({ name: '例会', place: '礼堂' })
      expect(sent).toEqual([])
    })
    it('keeps mine: only what was changed here goes over theirs', async () => {
      const form = await conflicted()
      form.keepMine()
      expect(form.values).toEqual({ name: '例会', place: '广场' })
      expect([form.conflict.value, form.problem.value, form.changed.value]).toEqual([
        undefined,
        undefined,
        true,
      ])
      expect(await form.save()).toMatchObject({ name: '例会', place: '广场' })
      expect(sent).toEqual([{ version: 5, body: { name: '例会' } }])
    })
    it('takes theirs, and gives back what was written', async () => {
      const form = await conflicted()
      form.takeTheirs()
      expect(form.values).toEqual({ name: '大会', place: '广场' })
      expect(form.changed.value).toBe(false)
      expect(form.left.value).toEqual({ name: '例会', place: '礼堂' })
      form.bringBack()
      expect(form.values).toEqual({ name: '例会', place: '礼堂' })
      expect(form.left.value).toBeUndefined()
      expect(form.was.value?.version).toBe(5)
    })
    it('is told again if it happens again', async () => {
      const form = await conflicted()
      form.keepMine()
      now = thing({ version: 9, name: '大会', place: '祠堂' })
      await form.save()
      expect(form.conflict.value?.differences).toEqual([
        { field: 'place', label: '地点', was: '广场', now: '祠堂', mine: false },
      ])
    })
    it('is done where the answer to its own save got lost', async () => {
      const form = edit()
      form.open(thing())
      form.values.name = '例会'
      now = thing({ version: 2, name: '例会' })
      expect((await form.save())?.version).toBe(2)
      expect([form.conflict.value, form.problem.value, form.changed.value]).toEqual([
        undefined,
        undefined,
        false,
      ])
    })
    it('says when it cannot be read, and keeps what was written', async () => {
      const read = vi.fn(() => Promise.reject(Problem.network()))
      const form = useEdit<Thing, Values>({
        blank: () => ({ name: '', place: '' }),
        written: ({ name, place }) => ({ name, place }),
        read,
        send: stale,
        facts: () => ({}),
      })
      form.open(thing())
      form.values.name = '例会'
      expect(await form.save()).toBeUndefined()
      expect(form.problem.value?.code).toBe('network')
      expect(form.values.name).toBe('例会')
    })
  })
})

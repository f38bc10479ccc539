import { describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api'
import type { EvidenceKind, EvidenceRequirement, Task } from '@/api'
import { body, draft, empty, meaning, missing, readNumber } from './entry'
import type { Entry, Written } from './entry'
import { pause, send, sendAll } from './sender'
import type { Server } from './sender'
import { memoryStorage } from './storage'

const need = (kind: EvidenceKind, more: Partial<EvidenceRequirement> = {}): EvidenceRequirement => ({
  kind,
  count: 1,
  unit: null,
  least: null,
  most: null,
  ...more,
})
const facts = {
  id: 'task',
  title: '巡查河道',
  grid: { id: 'grid', name: '水库村' },
  due_at: '2026-11-22T17:30:00+08:00',
  evidence: [need('photo')],
}
const photo = (key: string) => ({ key, type: 'image/jpeg', bytes: new ArrayBuffer(4) })
const written = (change: Partial<Written> = {}): Written => ({
  text: '',
  number: '',
  photos: [photo('p1'), photo('p2')],
  place: null,
  ...change,
})
const waiting = (change: Partial<Entry> = {}): Entry => ({
  ...draft('me', facts, written(), 1_000),
  state: 'waiting',
  doneAt: '2026-11-22T09:30:00+08:00',
  ...change,
})
const done = { id: 'task', state: 'submitted' } as Task
const server = (change: Partial<Server> = {}): Server => ({
  upload: async (one) => `id-${one.key}`,
  submit: async () => done,
  ...change,
})
const problem = (status: number, code: string, field?: string) =>
  new Problem(
    { code, title: code, errors: field ? [{ field, code: 'invalid', message: '不能晚于现在' }] : [] },
    status,
  )
const says = (thrown: Problem) => async () => {
  throw thrown
}

describe('an entry', () => {
  it('reads numbers as people type them', () => {
    expect(readNumber(' １２ ')).toBe(12)
    expect(readNumber('3，5')).toBe(3.5)
    expect(readNumber('－2')).toBe(-2)
    expect(readNumber('0')).toBe(0)
    for (const none of ['', '三', '1.', '.5', '1e3', '1 2', '--1']) expect(readNumber(none)).toBeUndefined()
  })
  it('names the evidence that is missing', () => {
    const nothing = written({ photos: [] })
    const lack = (evidence: EvidenceRequirement[], given: Written) => missing(evidence, given)?.what
    expect(lack([need('photo')], nothing)).toBe('photo')
    expect(lack([need('text')], written({ text: ' \n' }))).toBe('text')
    expect(lack([need('number')], nothing)).toBe('number')
    expect(lack([], written({ number: '三个' }))).toBe('number_form')
    expect(lack([need('number')], written({ number: '0' }))).toBeUndefined()
    expect(lack([], nothing)).toBeUndefined()
  })
  it('asks for each thing, as many and within the bounds that are asked for', () => {
    const both = [need('photo', { count: 2 }), need('number', { unit: '户', least: 1, most: 40 })]
    const lack = (given: Partial<Written>) => missing(both, written(given))?.what
    expect(lack({ photos: [photo('p1')], number: '3' })).toBe('photo')
    expect(lack({})).toBe('number')
    expect(lack({ number: '0' })).toBe('number_range')
    expect(lack({ number: '41' })).toBe('number_range')
    expect(lack({ number: '40' })).toBeUndefined()
  })
  it('says whether there is anything to keep', () => {
    expect(empty(written({ photos: [] }))).toBe(true)
    expect(empty(written({ photos: [], text: ' 已巡查' }))).toBe(false)
    expect(empty(written())).toBe(false)
  })
  it('sends only what was given', () => {
    expect(body(draft('me', facts, written({ photos: [] }), 1))).toEqual({ attachment_ids: [] })
    const full = waiting({
      text: ' 好 ',
      number: '3',
      place: { lng: 121, lat: 30 },
      photos: [{ ...photo('p'), attachment: 'a' }],
    })
    expect(body(full)).toEqual({
      text: '好',
      number: 3,
      place: { lng: 121, lat: 30 },
      attachment_ids: ['a'],
      done_at: '2026-11-22T09:30:00+08:00',
    })
  })
  it('tells a refusal from a server out of reach', () => {
    expect(meaning(Problem.network())).toBe('later')
    expect(meaning(problem(503, 'unavailable'))).toBe('later')
    expect(meaning(problem(429, 'too_many_requests'))).toBe('later')
    // A gateway's page in between, not our server.
    expect(meaning(Problem.from('<html>', 403))).toBe('later')
    expect(meaning(problem(401, 'session_ended'))).toBe('again')
    expect(meaning(problem(403, 'forbidden'))).toBe('refused')
    expect(meaning(problem(409, 'state_conflict'))).toBe('refused')
    expect(meaning(problem(422, 'evidence_missing'))).toBe('refused')
  })
})

describe('sending one', () => {
  it('uploads the photos, then submits them with the moment of the act, and lets go', async () => {
    const storage = memoryStorage()
    const entry = waiting()
    await storage.keep(entry)
    const submit = vi.fn<Server['submit']>(async () => done)
    const outcome = await send(storage, server({ submit }), entry)
    expect(outcome).toEqual({ kind: 'sent', task: done })
    expect(body(submit.mock.calls[0]?.[0] as Entry)).toMatchObject({
      attachment_ids: ['id-p1', 'id-p2'],
      done_at: '2026-11-22T09:30:00+08:00',
    })
    expect(await storage.entries()).toEqual([])
  })

  it('goes on after a break with the photos that are there and with the same keys', async () => {
    const storage = memoryStorage()
    const entry = waiting()
    await storage.keep(entry)
    const uploads: string[] = []
    const keys: string[] = []
    let broken = true
    const weak = server({
      upload: async (one) => {
        uploads.push(one.key)
        if (one.key === 'p2' && broken) throw Problem.network()
        return `id-${one.key}`
      },
      submit: async (one) => {
        keys.push(one.key)
        return done
      },
    })
    expect((await send(storage, weak, entry)).kind).toBe('waiting')
    const kept = await storage.entry(entry.id)
    expect(kept).toMatchObject({ state: 'waiting', key: entry.key, fault: { code: 'network' } })
    expect(kept?.photos.map((one) => one.attachment)).toEqual(['id-p1', undefined])
    broken = false
    expect((await send(storage, weak, kept as Entry)).kind).toBe('sent')
    expect(uploads).toEqual(['p1', 'p2', 'p2'])
    expect(keys).toEqual([entry.key])
  })

  it('keeps what was written when the server refuses', async () => {
    const storage = memoryStorage()
    const entry = waiting({ text: '已巡查' })
    const outcome = await send(storage, server({ submit: says(problem(403, 'forbidden')) }), entry)
    expect(outcome.kind).toBe('refused')
    const kept = await storage.entry(entry.id)
    expect(kept).toMatchObject({ state: 'refused', text: '已巡查', fault: { message: 'forbidden' } })
    expect(kept?.photos).toHaveLength(2)
  })

  it('leaves the moment to the server when the clock of the phone is ahead', async () => {
    const tried: (string | null)[] = []
    const strict = server({
      submit: async (one) => {
        tried.push(one.doneAt)
        if (one.doneAt) throw problem(422, 'validation_failed', 'done_at')
        return done
      },
    })
    const storage = memoryStorage()
    const outcome = await send(storage, strict, waiting({ photos: [], savedAt: 50_000 }), () => 60_000)
    expect(outcome.kind).toBe('sent')
    expect(tried).toEqual(['2026-11-22T09:30:00+08:00', null])
    // Hours later that would be a wrong moment: the person decides.
    const late = await send(storage, strict, waiting({ photos: [], savedAt: 0 }), () => 9_000_000)
    expect(late.kind).toBe('refused')
    expect((await storage.entries())[0]?.fault?.message).toContain('不能晚于现在')
  })

  it('uploads photos once more that the server no longer has', async () => {
    const storage = memoryStorage()
    const entry = waiting({ photos: [{ ...photo('p1'), attachment: 'gone' }] })
    const bodies: unknown[] = []
    const outcome = await send(
      storage,
      server({
        upload: async () => 'fresh',
        submit: async (one) => {
          bodies.push(body(one).attachment_ids)
          if (bodies.length === 1) throw problem(422, 'validation_failed', 'attachment_ids[0]')
          return done
        },
      }),
      entry,
    )
    expect(outcome.kind).toBe('sent')
    expect(bodies).toEqual([['gone'], ['fresh']])
  })
})

describe('sending all', () => {
  it('takes the oldest first, of this account only, and no drafts', async () => {
    const storage = memoryStorage()
    await storage.keep(waiting({ id: 'b', savedAt: 2 }))
    await storage.keep(waiting({ id: 'a', savedAt: 1 }))
    await storage.keep(waiting({ id: 'x', account: 'other' }))
    await storage.keep(waiting({ id: 'd', state: 'draft' }))
    await storage.keep(waiting({ id: 'r', state: 'refused' }))
    const order: string[] = []
    const result = await sendAll(storage, server(), 'me', (entry, outcome) => {
      if (outcome) order.push(entry.id)
    })
    expect(result).toBe('clear')
    expect(order).toEqual(['a', 'b'])
    expect((await storage.entries()).map((one) => one.id).sort()).toEqual(['d', 'r', 'x'])
  })
  it('stops where there is no connection, but goes on past a refusal', async () => {
    const storage = memoryStorage()
    for (const [index, id] of ['a', 'b', 'c'].entries()) {
      await storage.keep(waiting({ id, savedAt: index, photos: [] }))
    }
    const submit = vi
      .fn<Server['submit']>()
      .mockRejectedValueOnce(problem(409, 'state_conflict'))
      .mockRejectedValueOnce(Problem.network())
    expect(await sendAll(storage, server({ submit }), 'me')).toBe('waiting')
    expect(submit).toHaveBeenCalledTimes(2)
    const states = (await storage.entries()).map((one) => one.state)
    expect(states).toEqual(['refused', 'waiting', 'waiting'])
  })
  it('waits longer each time, five minutes at most', () => {
    expect([1, 2, 3].map(pause)).toEqual([10_000, 20_000, 40_000])
    expect(pause(50)).toBe(300_000)
  })
})

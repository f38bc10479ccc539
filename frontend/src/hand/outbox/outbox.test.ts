import { beforeAll, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api'
import type { EvidenceKind, EvidenceRequirement } from '@/api'
import { handTexts } from '@/hand/texts'
import { useRooms } from '@/shared/i18n'
import { entryOf } from './entry'
import type { Draft, Entry } from './entry'
import { carries, kindOf, rules } from './kinds'
import { carryOver } from './old'
import { pause, send, sendAll } from './sender'
import type { Server } from './sender'
import { memoryStorage } from './storage'
import { missing, readNumber, request, submission } from './submission'
import type { Submission, Written } from './submission'

beforeAll(() => useRooms(handTexts))

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
const draft = (task: typeof facts, given: Written, now: number): Submission =>
  entryOf('me', submission(task, given), now)
const waiting = (change: Partial<Submission> = {}, given: Partial<Written> = {}): Submission => ({
  ...draft(facts, written(given), 1_000),
  state: 'waiting',
  doneAt: '2026-11-22T09:30:00+08:00',
  ...change,
})
const server = (change: Partial<Server> = {}): Server => ({
  upload: async (one) => `id-${one.key}`,
  act: async () => undefined,
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
    const empty = (given: Partial<Written>) => kindOf('submit_task')?.empty(submission(facts, written(given)))
    expect(empty({ photos: [] })).toBe(true)
    expect(empty({ photos: [], text: ' 已巡查' })).toBe(false)
    expect(empty({})).toBe(false)
  })
  it('sends only what was given', () => {
    expect(request(draft(facts, written({ photos: [] }), 1))).toEqual({ attachment_ids: [] })
    const photos = [{ ...photo('p'), attachment: 'a' }]
    const full = waiting({}, { text: ' 好 ', number: '3', place: { lng: 121, lat: 30 }, photos })
    expect(request(full)).toEqual({
      text: '好',
      number: 3,
      place: { lng: 121, lat: 30 },
      attachment_ids: ['a'],
      done_at: '2026-11-22T09:30:00+08:00',
    })
  })
  it('tells a refusal from a server out of reach', () => {
    expect(Problem.network().refused).toBe(false)
    for (const [status, code] of [
      [503, 'unavailable'],
      [429, 'too_many_requests'],
      [401, 'session_ended'],
    ] as const)
      expect(problem(status, code).refused).toBe(false)
    // A gateway's page in between, not our server.
    expect(Problem.from('<html>', 403).refused).toBe(false)
    expect(problem(403, 'forbidden').refused).toBe(true)
    expect(problem(409, 'state_conflict').refused).toBe(true)
    expect(problem(422, 'evidence_missing').refused).toBe(true)
  })
})

describe('sending one', () => {
  it('uploads the photos, then submits them with the moment of the act, and lets go', async () => {
    const storage = memoryStorage()
    const entry = waiting()
    await storage.keep(entry)
    const act = vi.fn<Server['act']>(async () => undefined)
    const outcome = await send(storage, server({ act }), entry)
    expect(outcome).toEqual({ kind: 'sent' })
    expect(act.mock.calls[0]?.[1]).toMatchObject({
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
      act: async (one) => void keys.push(one.key),
    })
    expect((await send(storage, weak, entry)).kind).toBe('waiting')
    const kept = await storage.entry(entry.id)
    expect(kept).toMatchObject({ state: 'waiting', key: entry.key, fault: { code: 'network' } })
    expect(kept?.files.map((one) => one.attachment)).toEqual(['id-p1', undefined])
    broken = false
    expect((await send(storage, weak, kept as Entry)).kind).toBe('sent')
    expect(uploads).toEqual(['p1', 'p2', 'p2'])
    expect(keys).toEqual([entry.key])
  })

  it('keeps what was written when the server refuses', async () => {
    const storage = memoryStorage()
    const entry = waiting({}, { text: '已巡查' })
    const outcome = await send(storage, server({ act: says(problem(403, 'forbidden')) }), entry)
    expect(outcome.kind).toBe('refused')
    const kept = await storage.entry(entry.id)
    expect(kept).toMatchObject({
      state: 'refused',
      body: { text: '已巡查' },
      fault: { message: 'forbidden' },
    })
    expect(kept?.files).toHaveLength(2)
  })

  it('leaves the moment to the server when the clock of the phone is ahead', async () => {
    const tried: (string | null)[] = []
    const strict = server({
      act: async (one) => {
        tried.push(one.doneAt)
        if (one.doneAt) throw problem(422, 'validation_failed', 'done_at')
      },
    })
    const storage = memoryStorage()
    const outcome = await send(storage, strict, waiting({ files: [], savedAt: 50_000 }), () => 60_000)
    expect(outcome.kind).toBe('sent')
    expect(tried).toEqual(['2026-11-22T09:30:00+08:00', null])
    // Hours later that would be a wrong moment: the person decides.
    const late = await send(storage, strict, waiting({ files: [], savedAt: 0 }), () => 9_000_000)
    expect(late.kind).toBe('refused')
    expect((await storage.entries())[0]?.fault?.message).toContain('不能晚于现在')
  })

  it('uploads photos once more that the server no longer has', async () => {
    const storage = memoryStorage()
    const entry = waiting({ files: [{ ...photo('p1'), attachment: 'gone' }] })
    const bodies: unknown[] = []
    const outcome = await send(
      storage,
      server({
        upload: async () => 'fresh',
        act: async (_entry, body) => {
          bodies.push((body as { attachment_ids: string[] }).attachment_ids)
          if (bodies.length === 1) throw problem(422, 'validation_failed', 'attachment_ids[0]')
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
      await storage.keep(waiting({ id, savedAt: index, files: [] }))
    }
    const act = vi
      .fn<Server['act']>()
      .mockRejectedValueOnce(problem(409, 'state_conflict'))
      .mockRejectedValueOnce(Problem.network())
    expect(await sendAll(storage, server({ act }), 'me')).toBe('waiting')
    expect(act).toHaveBeenCalledTimes(2)
    const states = (await storage.entries()).map((one) => one.state)
    expect(states).toEqual(['refused', 'waiting', 'waiting'])
  })
  it('waits longer each time, five minutes at most', () => {
    expect([1, 2, 3].map(pause)).toEqual([10_000, 20_000, 40_000])
    expect(pause(50)).toBe(300_000)
  })
})

describe('what is carried', () => {
  // A second operation, as a feature would register one: something new is made, so that several may be written at once.
  carries('create_notice', {
    mayWait: true,
    rule: () => '通知：可以等待',
    title: ({ body }: Entry<{ title: string; text: string }>) => body.title,
    place: () => undefined,
    words: ({ body }: Entry<{ title: string; text: string }>) => [body.text],
    page: ({ name }: Entry) => `/notices/new/${name}`,
    empty: ({ body }: Pick<Draft<{ title: string; text: string }>, 'body' | 'files'>) => body.text === '',
    request: ({ body }: Entry<{ title: string; text: string }>) => ({ ...body, roles: ['worker' as const] }),
    fields: { files: 'attachment_ids', moment: 'done_at' },
  })
  const notice = (name: string, title: string) =>
    entryOf(
      'me',
      { operation: 'create_notice', name, path: {}, body: { title, text: '全文' }, files: [], about: {} },
      1,
    )

  it('is said beneath the list, also what cannot wait and why', () => {
    expect(rules()).toHaveLength(3)
    expect(kindOf('check_in')).toBeUndefined()
    expect(kindOf('submit_task')?.title(waiting())).toBe('巡查河道')
  })
  it('keeps several drafts at once, of one operation and of two', async () => {
    const storage = memoryStorage()
    const other = { ...facts, id: 'other', title: '走访' }
    for (const one of [
      notice('a', '甲'),
      notice('b', '乙'),
      draft(facts, written(), 1),
      draft(other, written(), 2),
    ])
      await storage.keep(one)
    await storage.keep({ ...notice('a', '甲二'), savedAt: 9 })
    const titles = (await storage.entries()).map((one) => kindOf(one.operation)?.title(one))
    expect(titles.sort()).toEqual(['乙', '巡查河道', '甲二', '走访'].sort())
  })
  it('is sent as its operation asks for it, each with its own path, body and key', async () => {
    const storage = memoryStorage()
    const waits = [
      { ...notice('a', '甲'), state: 'waiting' as const, savedAt: 1 },
      waiting({ files: [], savedAt: 2 }, { text: '好' }),
      { ...notice('b', '乙'), state: 'waiting' as const, savedAt: 3 },
    ]
    for (const one of waits) await storage.keep(one)
    const sent: unknown[] = []
    const act: Server['act'] = async ({ operation, path, key }, body) =>
      void sent.push([operation, path, key, body])
    expect(await sendAll(storage, server({ act }), 'me')).toBe('clear')
    const moment = { done_at: '2026-11-22T09:30:00+08:00' }
    expect(sent).toEqual([
      ['create_notice', {}, waits[0]?.key, { title: '甲', text: '全文', roles: ['worker'] }],
      ['submit_task', { id: 'task' }, waits[1]?.key, { text: '好', attachment_ids: [], ...moment }],
      ['create_notice', {}, waits[2]?.key, { title: '乙', text: '全文', roles: ['worker'] }],
    ])
    expect(new Set(waits.map((one) => one.key)).size).toBe(3)
  })
  it('is kept and said where these pages do not know the operation', async () => {
    const storage = memoryStorage()
    const act = vi.fn<Server['act']>()
    const strange = { ...waiting(), operation: 'send_pigeon', id: 'me/send_pigeon/1' }
    expect((await send(storage, server({ act }), strange)).kind).toBe('refused')
    expect(act).not.toHaveBeenCalled()
    expect((await storage.entries())[0]).toMatchObject({ state: 'refused', fault: { code: 'not_carried' } })
  })
})

describe('what an earlier version has kept', () => {
  const old = {
    id: 'me/task',
    account: 'me',
    task: facts,
    state: 'waiting',
    text: '已巡查',
    number: '3',
    photos: [{ ...photo('p1'), attachment: 'there' }, photo('p2')],
    place: null,
    key: 'the key',
    doneAt: '2026-11-22T09:30:00+08:00',
    savedAt: 7,
  }
  it('is carried over and sent as the same act', async () => {
    const storage = memoryStorage()
    await storage.keep(old as unknown as Entry)
    await carryOver(storage)
    const [entry, ...more] = await storage.entries()
    expect(more).toEqual([])
    expect(entry).toMatchObject({ id: 'me/submit_task/task', state: 'waiting', key: 'the key', savedAt: 7 })
    const act = vi.fn<Server['act']>(async () => undefined)
    expect((await send(storage, server({ act }), entry as Entry)).kind).toBe('sent')
    expect(act.mock.calls[0]?.[0]).toMatchObject({ path: { id: 'task' }, key: 'the key' })
    expect(act.mock.calls[0]?.[1]).toEqual({
      text: '已巡查',
      number: 3,
      attachment_ids: ['there', 'id-p2'],
      done_at: '2026-11-22T09:30:00+08:00',
    })
    expect(await storage.entries()).toEqual([])
  })
  it('does not overwrite what was written since', async () => {
    const storage = memoryStorage()
    await storage.keep(old as unknown as Entry)
    await storage.keep(waiting({}, { text: '新写的' }))
    await carryOver(storage)
    expect((await storage.entries()).map((one) => (one as Submission).body.text)).toEqual(['新写的'])
  })
})

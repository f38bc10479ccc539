import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '@/api'
import { setToken } from '@/api/client'
import { queryClient } from '@/shared/query'
import { offer, showsOffers } from './offer'
import { useAct, useEach } from './index'

interface Asked {
  url: string
  key: string | null
  match: string | null
  body: unknown
}
type Reply = (asked: Asked) => Response | Promise<Response>
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
const no = (status: number, code: string) => json({ code, title: code, status }, status)
const lost: Reply = () => Promise.reject(new TypeError('Failed to fetch'))
const yes: Reply = () => json({ id: 'x', mine: { state: 'signed_up' } })

/** A server that gives these replies, the last one for ever, and what it was asked. */
function server(...replies: Reply[]): Asked[] {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', async (request: Request) => {
    const text = await request.text()
    const one = {
      url: new URL(request.url).pathname.replace('/api/v1/', ''),
      key: request.headers.get('Idempotency-Key'),
      match: request.headers.get('If-Match'),
      body: text && !text.startsWith('--') ? (JSON.parse(text) as unknown) : text,
    }
    asked.push(one)
    return (replies[asked.length - 1] ?? replies[replies.length - 1] ?? yes)(one)
  })
  return asked
}
const keys = (asked: Asked[]) => asked.map((one) => one.key)
const input = (id = 'a') => ({ path: { id } })

beforeEach(() => {
  setToken('t')
  queryClient.clear()
  showsOffers(false)
})

describe('an act', () => {
  it('that got no answer carries the same key when it is tried again, and a new one after an answer', async () => {
    const asked = server(
      lost,
      () => no(503, 'unavailable'),
      () => json('<html>', 502),
      yes,
      yes,
    )
    const act = useAct('sign_up', { shows: true })
    for (let n = 0; n < 3; n += 1) expect(await act.run(input())).toBeUndefined()
    expect(act.problem.value?.code).toBe('unexpected')
    expect(await act.run(input())).toBeTruthy()
    expect(act.problem.value).toBeUndefined()
    await act.run(input())
    const [first, ...more] = keys(asked)
    expect(first).toBeTruthy()
    expect(more.slice(0, 3)).toEqual([first, first, first])
    expect(more[3]).not.toBe(first)
  })
  it('that was refused is a new one the next time', async () => {
    const asked = server(() => no(422, 'validation_failed'), yes)
    const act = useAct('sign_up', { shows: true })
    await act.run(input())
    expect(act.problem.value?.code).toBe('validation_failed')
    await act.run(input())
    expect(asked[1]?.key).not.toBe(asked[0]?.key)
  })
  it('with another input has another key; the first, tried again, is still the first', async () => {
    const asked = server(lost)
    const act = useAct('appoint', { shows: true })
    const body = (member_id: string) =>
      ({ body: { grid_id: 'g', member_id, kind: 'worker', since: '2026-11-27' } }) as const
    await act.run(body('one'))
    await act.run(body('other'))
    await act.run(body('one'))
    const [first, second, third] = keys(asked)
    expect(second).not.toBe(first)
    expect(third).toBe(first)
  })
  it('with a file is the same as long as the file is', async () => {
    const asked = server(lost)
    const act = useAct('import_members', { shows: true })
    const send = (file: File) => {
      const body = new FormData()
      body.set('file', file)
      return act.run({ query: { dry_run: false }, body })
    }
    const file = new File(['a'], 'a.xlsx')
    await send(file)
    await send(file)
    await send(new File(['a'], 'a.xlsx'))
    const [first, second, third] = keys(asked)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })
  it('is on its way once: pressed twice it goes out once, another waits for its turn', async () => {
    let release: (response: Response) => void = () => undefined
    const asked = server(() => new Promise((resume) => (release = resume)), yes)
    const act = useAct('sign_up')
    const first = act.send(input())
    expect(act.busy.value).toBe(true)
    expect(await act.run(input())).toBeUndefined()
    const again = act.send(input())
    const other = act.send(input('b'))
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    release(json({ id: 'a', mine: { state: 'signed_up' } }))
    await Promise.all([first, again, other])
    expect(asked.map((one) => one.url)).toEqual(['activities/a/sign-up', 'activities/b/sign-up'])
    expect(act.busy.value).toBe(false)
  })
  it('reads again what the contract says it changes, done or refused as out of date, and not otherwise', async () => {
    const act = useAct('sign_up', { shows: true })
    const stale = async (reply: Reply) => {
      queryClient.setQueryData(['get_activity', input()], {})
      queryClient.setQueryData(['list_members', {}], {})
      server(reply)
      await act.run(input())
      const of = (key: unknown[]) => queryClient.getQueryState(key)?.isInvalidated
      expect(of(['list_members', {}])).toBe(false)
      return of(['get_activity', input()])
    }
    expect(await stale(yes)).toBe(true)
    expect(await stale(() => no(409, 'state_conflict'))).toBe(true)
    expect(await stale(() => no(412, 'precondition_failed'))).toBe(true)
    expect(await stale(() => no(422, 'validation_failed'))).toBe(false)
    expect(await stale(lost)).toBe(false)
  })
  it('throws its problem to a form', async () => {
    server(() => no(422, 'validation_failed'))
    await expect(useAct('sign_up').send(input())).rejects.toBeInstanceOf(Problem)
  })
})

describe('undo', () => {
  it('is offered for what has a counter-act, and does that on the same thing', async () => {
    showsOffers(true)
    const asked = server(yes)
    const restoring = useAct('restore_notice')
    const act = useAct('withdraw_notice', { done: () => '已撤回', undo: () => restoring })
    await act.send({ path: { id: 'n' }, body: { reason: '时间有变' } })
    expect(offer.value?.text).toBe('已撤回')
    await offer.value?.undo()
    expect(asked.map((one) => one.url)).toEqual(['notices/n/withdraw', 'notices/n/restore'])
    expect(offer.value).toBeUndefined()
  })
  it('is offered as long as a frame is there: the next one comes before the last one goes', async () => {
    showsOffers(true)
    showsOffers(true)
    showsOffers(false)
    server(yes)
    const act = useAct('withdraw_notice', { done: () => '已撤回', undo: () => useAct('restore_notice') })
    await act.send({ path: { id: 'n' }, body: { reason: '时间有变' } })
    expect(offer.value?.text).toBe('已撤回')
    showsOffers(false)
    expect(offer.value).toBeUndefined()
  })
  it('is not offered for what was refused, nor where the answer did not come', async () => {
    showsOffers(true)
    const restoring = useAct('restore_notice')
    const act = useAct('withdraw_notice', { done: () => '已撤回', undo: () => restoring, shows: true })
    for (const reply of [lost, () => no(409, 'state_conflict')]) {
      server(reply)
      await act.run({ path: { id: 'n' }, body: { reason: '时间有变' } })
      expect(offer.value).toBeUndefined()
    }
  })
  it('ends what was tried before: doing it once more is a new act, not the lost one', async () => {
    const asked = server(lost, yes, yes)
    const joining = useAct('sign_up', { shows: true })
    const leaving = useAct('withdraw', { undo: () => joining })
    await joining.run(input())
    await leaving.run(input())
    await joining.run(input())
    expect(asked[2]?.url).toBe('activities/a/sign-up')
    expect(asked[2]?.key).not.toBe(asked[0]?.key)
  })
})

describe('each', () => {
  const one = (id: string) => ({ path: { id } })
  const all = () =>
    useEach<string, 'sign_up'>('sign_up', async ([id = ''], act) => {
      await act.send(one(id))
      return []
    })
  it('goes on after a row that is refused, and tells what became of each', async () => {
    const asked = server(({ url }) => (url.includes('/b/') ? no(409, 'activity_full') : yes({} as Asked)))
    const rows = all()
    const outcome = await rows.run(['a', 'b', 'c'])
    expect(outcome).toEqual({ done: ['a', 'c'], refused: [{ item: 'b', why: 'activity_full' }], left: [] })
    expect(rows.outcome.value).toEqual(outcome)
    expect(rows.busy.value).toBe(false)
    expect(new Set(keys(asked)).size).toBe(3)
  })
  it('ends before the end when told to, and leaves the rest', async () => {
    const rows = all()
    const seen: unknown[] = []
    const asked = server((request) => {
      seen.push(rows.progress.value)
      if (request.url.includes('/b/')) rows.stop()
      return yes(request)
    })
    const outcome = await rows.run(['a', 'b', 'c', 'd'])
    expect(outcome).toEqual({ done: ['a', 'b'], refused: [], left: ['c', 'd'] })
    expect(seen).toEqual([
      { done: 0, of: 4 },
      { done: 1, of: 4 },
    ])
    expect(asked).toHaveLength(2)
  })
  it('leaves what got no answer, and asks for it again with the same key', async () => {
    const asked = server(yes, lost, yes)
    const rows = all()
    const first = await rows.run(['a', 'b', 'c'])
    expect([first?.done, first?.left, first?.problem?.code]).toEqual([['a'], ['b', 'c'], 'network'])
    const second = await rows.run(first?.left ?? [])
    expect(second?.done).toEqual(['b', 'c'])
    expect(asked[2]?.key).toBe(asked[1]?.key)
  })
  it('runs once at a time, and reads again once at the end', async () => {
    const rows = all()
    queryClient.setQueryData(['get_activity', input()], {})
    const of = () => queryClient.getQueryState(['get_activity', input()])?.isInvalidated
    const during: unknown[] = []
    server((request) => {
      during.push(of())
      return yes(request)
    })
    const first = rows.run(['a', 'b'])
    expect(await rows.run(['c'])).toBeUndefined()
    await first
    expect(during).toEqual([false, false])
    expect(of()).toBe(true)
  })
})

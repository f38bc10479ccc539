import { beforeEach, describe, expect, it, vi } from 'vitest'
import { call, callFile, onSessionEnded, setLanguage, setToken } from './client'
import { Problem } from './problem'

type Handler = (request: Request) => Response | Promise<Response>
const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' },
  })
const problem = (status: number, code: string, errors: unknown[] = []) =>
  json({ type: 'about:blank', title: '标题', detail: '细节', status, code, errors, trace_id: 't' }, status)

let seen: Request[] = []
function serve(handler: Handler) {
  seen = []
  vi.stubGlobal('fetch', async (request: Request) => {
    seen.push(request.clone())
    return handler(request)
  })
}
const paths = () => seen.map((r) => `${r.method} ${new URL(r.url).pathname}`)

beforeEach(() => {
  setToken('first')
  setLanguage('zh-CN')
  onSessionEnded(() => undefined)
})

describe('call', () => {
  it('sends token, language, path and query', async () => {
    serve(() => json({ items: [], next_cursor: null }))
    await call('list_members', { query: { q: '张', limit: 20 } })
    expect(seen[0]?.headers.get('Authorization')).toBe('Bearer first')
    expect(seen[0]?.headers.get('Accept-Language')).toBe('zh-CN')
    const url = new URL(seen[0]?.url ?? '')
    expect(url.pathname).toBe('/api/v1/members')
    expect(url.searchParams.get('q')).toBe('张')
    await call('get_grid', { path: { id: 'a/b' } })
    expect(new URL(seen[1]?.url ?? '').pathname).toBe('/api/v1/grids/a%2Fb')
  })

  it('says which version it changes', async () => {
    serve(() => json({}))
    await call('update_grid', { path: { id: '1' }, version: 3, body: { name: '水库村' } })
    expect(seen[0]?.headers.get('If-Match')).toBe('"v3"')
    expect(seen[0]?.headers.get('Idempotency-Key')).toBeNull()
  })

  it('turns a problem into an error with its fields', async () => {
    serve(() => problem(422, 'validation_failed', [{ field: 'name', code: 'blank', message: '不能为空' }]))
    const thrown = await call('get_me').catch((e: unknown) => e)
    expect(thrown).toBeInstanceOf(Problem)
    const p = thrown as Problem
    expect(p.code).toBe('validation_failed')
    expect(p.status).toBe(422)
    expect(p.detail).toBe('细节')
    expect(p.errors).toEqual([{ field: 'name', code: 'blank', message: '不能为空' }])
  })

  it('tells an unreachable server from a refusal', async () => {
    serve(() => {
      throw new TypeError('Failed to fetch')
    })
    await expect(call('get_me')).rejects.toMatchObject({ code: 'network', status: 0 })
    serve(() => new Response('<html>502</html>', { status: 502 }))
    await expect(call('get_me')).rejects.toMatchObject({ code: 'unexpected', status: 502 })
  })

  it('renews once for many and repeats with the same key', async () => {
    let renewed = 0
    serve(async (request) => {
      const path = new URL(request.url).pathname
      if (path === '/api/v1/sessions/refresh') {
        renewed += 1
        await new Promise((done) => setTimeout(done, 5))
        return json({ access_token: 'second', token_type: 'Bearer', expires_in: 600 })
      }
      return request.headers.get('Authorization') === 'Bearer second'
        ? json({})
        : problem(401, 'token_expired')
    })
    await Promise.all([call('check_in', { body: { code: 'x' } }), call('get_me'), call('get_my_purse')])
    expect(renewed).toBe(1)
    const posts = seen.filter((r) => new URL(r.url).pathname === '/api/v1/check-ins')
    expect(posts).toHaveLength(2)
    expect(posts[0]?.headers.get('Idempotency-Key')).toMatch(/^[0-9a-f-]{36}$/)
    expect(posts[1]?.headers.get('Idempotency-Key')).toBe(posts[0]?.headers.get('Idempotency-Key'))
    expect(await posts[1]?.text()).toBe('{"code":"x"}')
  })

  it('keeps the key it is given', async () => {
    serve(() => json({}))
    await call('submit_task', { path: { id: '1' }, body: {}, key: 'mine' })
    expect(seen[0]?.headers.get('Idempotency-Key')).toBe('mine')
  })

  it('ends the session when the refresh is refused, but not when the network fails', async () => {
    const ended = vi.fn()
    onSessionEnded(ended)
    serve(() => problem(401, 'session_ended'))
    await expect(call('get_me')).rejects.toMatchObject({ code: 'session_ended' })
    expect(ended).toHaveBeenCalledTimes(1)
    expect(paths()).toEqual(['GET /api/v1/me', 'POST /api/v1/sessions/refresh'])

    setToken('first')
    serve((request) => {
      if (request.url.includes('refresh')) throw new TypeError('offline')
      return problem(401, 'token_expired')
    })
    await expect(call('get_me')).rejects.toMatchObject({ code: 'network' })
    expect(ended).toHaveBeenCalledTimes(1)
  })

  it('asks again at once for a refresh whose answer got lost', async () => {
    const ended = vi.fn()
    onSessionEnded(ended)
    let asked = 0
    serve((request) => {
      if (!request.url.includes('refresh')) {
        return request.headers.get('Authorization') === 'Bearer second'
          ? json({})
          : problem(401, 'token_expired')
      }
      asked += 1
      if (asked === 1) throw new TypeError('the connection broke')
      return json({ access_token: 'second', token_type: 'Bearer', expires_in: 600 })
    })
    await call('get_me')
    expect(asked).toBe(2)
    expect(ended).not.toHaveBeenCalled()
  })

  it('does not try to renew a refused sign-in', async () => {
    serve(() => problem(401, 'invalid_credentials'))
    const body = { township: 't', username: 'u', password: 'p' }
    await expect(call('sign_in', { body })).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect(paths()).toEqual(['POST /api/v1/sessions'])
  })

  it('sends a file as a form', async () => {
    serve(() => json({}))
    const form = new FormData()
    form.set('file', new Blob(['x']), 'a.xlsx')
    await call('import_members', { query: { dry_run: true }, body: form })
    expect(seen[0]?.headers.get('Content-Type')).toMatch(/^multipart\/form-data; boundary=/)
    expect(new URL(seen[0]?.url ?? '').search).toBe('?dry_run=true')
  })

  it('reads the name of a file', async () => {
    serve(
      () =>
        new Response('bytes', {
          headers: {
            'Content-Disposition': 'attachment; filename="m.xlsx"; filename*=UTF-8\'\'%E4%BA%BA.xlsx',
          },
        }),
    )
    const file = await callFile('get_member_template')
    expect(file.name).toBe('人.xlsx')
    expect(file.blob.size).toBe(5)
  })
})

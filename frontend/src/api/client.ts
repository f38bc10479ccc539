import createClient from 'openapi-fetch'
import { newKey } from './key'
import type { Arguments, Extra, OperationId, OutputOf } from './operation'
import { Problem } from './problem'
import { routes } from './routes'

interface Token {
  access_token: string
  expires_in: number
}
interface RawInput extends Extra {
  path?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
  version?: number
}
type Answer = { data?: unknown; error?: unknown; response: Response }
type Transport = {
  request(method: string, url: string, init: Record<string, unknown>): Promise<Answer>
}

let token: string | undefined
let language = 'zh-CN'
let renewal: Promise<boolean> | undefined
let ended: () => void = () => undefined

const transport = createClient<Record<string, never>>({
  baseUrl: typeof location === 'undefined' ? '' : location.origin,
  fetch: (request: Request) => globalThis.fetch(request),
  credentials: 'same-origin',
}) as unknown as Transport

/** The access token lives in memory only; a reload asks the refresh cookie for a new one. */
export function setToken(next: string | undefined): void {
  token = next
}
export function hasToken(): boolean {
  return token !== undefined
}
export function setLanguage(next: string): void {
  language = next
}
/** Called when the server says that the session is over and a refresh did not help. */
export function onSessionEnded(listener: () => void): void {
  ended = listener
}

async function send(
  id: OperationId,
  input: RawInput,
  key: string | undefined,
  parseAs: string,
): Promise<Answer> {
  const [method, path] = routes[id]
  const headers: Record<string, string> = { 'Accept-Language': language }
  if (input.accept) headers['Accept'] = input.accept
  if (token) headers['Authorization'] = `Bearer ${token}`
  if (key) headers['Idempotency-Key'] = key
  if (input.version !== undefined) headers['If-Match'] = `"v${input.version}"`
  const form = input.body instanceof FormData
  try {
    return await transport.request(method, path, {
      params: { path: input.path, query: input.query },
      body: input.body,
      headers,
      parseAs,
      signal: input.signal,
      ...(form ? { bodySerializer: (body: unknown) => body } : {}),
    })
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown
    throw Problem.network()
  }
}

async function withLock<T>(act: () => Promise<T>): Promise<T> {
  // Several tabs share one refresh cookie, which is good for one use: one tab at a time renews it.
  const locks = (navigator as { locks?: LockManager }).locks
  if (!locks) return act()
  return (await locks.request('gezhi-refresh', act)) as T
}

/** One refresh. An answer that got lost is asked for again at once: for half a minute the server gives the same
 * successor to the same cookie, and takes a later repetition for a stolen one. */
async function refreshed(): Promise<Answer> {
  const once = () => send('refresh_session', { body: {} }, undefined, 'json')
  try {
    return await once()
  } catch (thrown) {
    if (!Problem.of(thrown).is('network')) throw thrown
    return once()
  }
}

/** Gets a new access token by the refresh cookie; however many ask, one request goes out.
 * `false`: there is no session any more. A failing network is thrown, not taken for the end. */
export function renew(): Promise<boolean> {
  renewal ??= withLock(async () => {
    token = undefined
    const answer = await refreshed()
    if (answer.response.ok) {
      token = (answer.data as Token).access_token
      return true
    }
    if (answer.response.status === 401 || answer.response.status === 403) return false
    throw Problem.from(answer.error, answer.response.status)
  }).finally(() => {
    renewal = undefined
  })
  return renewal
}

const open: ReadonlySet<string> = new Set<OperationId>(['get_site', 'set_up', 'sign_in', 'refresh_session'])

async function run(id: OperationId, input: RawInput, parseAs: string): Promise<Answer> {
  const key = routes[id][2] ? (input.key ?? newKey()) : undefined
  let answer = await send(id, input, key, parseAs)
  if (answer.response.status === 401 && !open.has(id)) {
    if (await renew()) answer = await send(id, input, key, parseAs)
    if (answer.response.status === 401) {
      token = undefined
      ended()
    }
  }
  if (answer.response.ok) return answer
  throw Problem.from(answer.error, answer.response.status)
}

/** Calls one operation of the interface by its id and gives what it answers, or throws a `Problem`. */
export async function call<K extends OperationId>(id: K, ...[input]: Arguments<K>): Promise<OutputOf<K>> {
  const answer = await run(id, (input ?? {}) as RawInput, 'json')
  return answer.data as OutputOf<K>
}

/** Calls an operation that answers a file. */
export async function callFile<K extends OperationId>(
  id: K,
  ...[input]: Arguments<K>
): Promise<{ blob: Blob; name: string | undefined }> {
  const answer = await run(id, (input ?? {}) as RawInput, 'blob')
  return {
    blob: answer.data as Blob,
    name: fileName(answer.response.headers.get('Content-Disposition')),
  }
}

function fileName(header: string | null): string | undefined {
  if (!header) return undefined
  const encoded = /filename\*\s*=\s*UTF-8''([^;]+)/i.exec(header)?.[1]
  if (encoded) {
    try {
      return decodeURIComponent(encoded.trim())
    } catch {
      return undefined
    }
  }
  return /filename\s*=\s*"?([^";]+)"?/i.exec(header)?.[1]?.trim()
}

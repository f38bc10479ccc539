import { describe, expect, it } from 'vitest'
import { changes } from '@/api'
import { routes } from '@/api/routes'

const sources = import.meta.glob<string>(['/src/**/*.{ts,vue}', '!/src/**/*.test.ts', '!/src/api/**'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
/** Who may send what changes something. */
const ways = ['/src/shared/act/', '/src/hand/outbox/']
const acts = Object.keys(changes).filter((id) => routes[id as keyof typeof routes][0] !== 'GET')

/** What of a source changes something and goes past `useAct`, `useEdit`, `useEach` and the outbox. */
function past(path: string, source: string): string[] {
  if (ways.some((way) => path.startsWith(way))) return []
  const called = [...source.matchAll(/\bcall(?:File)?\(\s*['"](\w+)['"]/g)].map((found) => found[1] ?? '')
  const imported = [...source.matchAll(/import\s*\{([^}]*)\}\s*from\s*'@\/api\/client'/g)]
    .flatMap((found) => (found[1] ?? '').split(','))
    .map((name) => name.trim().split(' ')[0] ?? '')
  return [
    ...called.filter((id) => acts.includes(id)),
    ...imported.filter((name) => name === 'call' || name === 'callFile'),
    ...(/\bfetch\s*\(/.test(source.replace(/\.\s*fetch\s*\(/g, '')) ? ['fetch'] : []),
    ...(/\bnewKey\b/.test(source) && !path.endsWith('/hand/task/photos.ts') ? ['newKey'] : []),
  ]
}

it('every changing operation goes one of the ways', () => {
  expect(acts.length).toBeGreaterThan(35)
  expect(Object.keys(sources).length).toBeGreaterThan(200)
  const found = Object.entries(sources).flatMap(([path, source]) =>
    past(path, source).map((what) => `${path}: ${what}`),
  )
  expect(found).toEqual([])
})
it('is used by pages of both faces', () => {
  for (const face of ['desk', 'hand']) {
    const users = Object.entries(sources).filter(
      ([path, source]) => path.startsWith(`/src/${face}/`) && /\buse(Act|Edit|Each)\b/.test(source),
    )
    expect(users.length).toBeGreaterThan(4)
  }
})
describe('what goes past them is found', () => {
  it.each([
    [`await call('sign_up', { path: { id } })`, ['sign_up']],
    [`await call(\n  'update_member',\n  {}\n)`, ['update_member']],
    [`import { call } from '@/api/client'`, ['call']],
    [`import { newKey } from '@/api'\nconst key = newKey()`, ['newKey']],
    [`await fetch('/api/v1/tasks')`, ['fetch']],
    [`await call('get_member', { path: { id } })`, []],
    [`await list.fetch()`, []],
  ])('%s', (source, found) => {
    expect(past('/src/desk/member/Page.vue', source)).toEqual(found)
    expect(past('/src/shared/act/index.ts', source)).toEqual([])
  })
})

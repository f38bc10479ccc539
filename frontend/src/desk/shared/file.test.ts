import { beforeEach, describe, expect, it, vi } from 'vitest'
import { setToken } from '@/api/client'
import { useRooms } from '@/shared/i18n'
import { deskTexts } from '../texts'
import { chosen, remember, taken } from './file'

const saved: string[] = []
vi.mock('@/shared/files', () => ({ saveFile: (_: Blob, name: string) => saved.push(name) }))
vi.mock('@/shared/notify', () => ({ notify: { done: vi.fn(), problem: vi.fn() } }))

let asked: Request[] = []
beforeEach(async () => {
  await useRooms(deskTexts)
  localStorage.clear()
  asked = []
  saved.length = 0
  setToken('t')
  vi.stubGlobal('fetch', async (request: Request) => {
    asked.push(request)
    const name = "attachment; filename*=UTF-8''%E5%90%8D%E5%86%8C.xlsx"
    return new Response('PK', { headers: { 'Content-Disposition': name } })
  })
})

describe('a list as a file', () => {
  it('has the filters and the order of the page, and all columns', async () => {
    await taken('list_members', { query: { q: '王', sort: '-name' } }, 'excel')
    const [request] = asked
    expect(request?.headers.get('Accept')).toContain('spreadsheetml')
    const query = new URL(request?.url ?? '').searchParams
    expect(Object.fromEntries(query)).toEqual({ q: '王', sort: '-name' })
    expect(saved).toEqual(['名册.xlsx'])
  })

  it('has the columns that were chosen the last time, each list its own', async () => {
    remember('list_members', ['phone', 'name'])
    expect(chosen('list_members')).toEqual(['name', 'phone'])
    await taken('list_members', undefined, 'csv')
    expect(asked[0]?.headers.get('Accept')).toBe('text/csv')
    expect(new URL(asked[0]?.url ?? '').searchParams.get('columns')).toBe('name,phone')
    await taken('list_accounts', undefined, 'csv')
    expect(new URL(asked[1]?.url ?? '').searchParams.has('columns')).toBe(false)
  })

  it('forgets columns that there are no more, and a choice of all', () => {
    remember('list_members', ['gone'])
    expect(chosen('list_members')).toContain('number')
    remember('list_members', ['name'])
    remember('list_members', ['number', 'name', 'category', 'phone', 'party_org', 'posts'])
    expect(localStorage.length).toBe(0)
  })
})

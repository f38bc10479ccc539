import { describe, expect, it } from 'vitest'
import { columns } from '@/api/columns'
import { ordersOf } from './orders'

const pages = import.meta.glob<string>('../**/*.vue', { query: '?raw', import: 'default', eager: true })
const lists = Object.entries(pages).flatMap(([path, source]) =>
  [...source.matchAll(/useList\('(\w+)'/g)].map(([, id]) => ({ path, id: id ?? '', source })),
)

/** Lists that one looks at as something else than a table, each with the reason. */
const elsewhere: Record<string, string> = {
  list_party_orgs: 'a tree beside the roster',
  list_inbox: 'one’s own tasks, on the phone',
  list_check_ins: 'one’s own check-ins, on the phone',
}

describe('a list of the desk', () => {
  it.each(lists)('$id in $path tells its number, is ordered by its headings, and is taken away', (list) => {
    expect(list.source).toContain('<ListEnd')
    expect(list.source).toContain(`operation="${list.id}"`)
    expect(list.source).toContain(`ordersOf('${list.id}')`)
    expect(list.source).toContain('<SortHead')
    for (const [, by] of list.source.matchAll(/<SortHead[^>]*\sby="(\w+)"/g)) {
      expect(ordersOf(list.id as keyof typeof columns)).toContain(by)
    }
    expect(list.source).toContain('v-bend')
  })

  it('has its page, whatever the contract lists', () => {
    const taken = Object.values(pages).flatMap((source) =>
      [...source.matchAll(/operation="(\w+)"/g)].map(([, id]) => id),
    )
    const missing = Object.keys(columns).filter((id) => !taken.includes(id) && !(id in elsewhere))
    expect(missing).toEqual([])
  })
})

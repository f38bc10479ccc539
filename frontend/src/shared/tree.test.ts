import { describe, expect, it } from 'vitest'
import { beneath, inOrder, lineage, nest, prune } from './tree'

const items = [
  { id: 't', parent_id: null, name: '漕泾镇' },
  { id: 'g1', parent_id: 't', name: '水库村' },
  { id: 's1', parent_id: 'g1', name: '第1党小组' },
  { id: 's2', parent_id: 'g1', name: '第2党小组' },
  { id: 'g2', parent_id: 't', name: '东海村' },
  { id: 'x', parent_id: 'gone', name: '园区' },
]

describe('tree', () => {
  it('nests flat items in their order and loses none', () => {
    const nodes = nest(items)
    expect(nodes.map((node) => node.item.id)).toEqual(['t', 'x'])
    expect(inOrder(nodes).map((node) => [node.item.id, node.level])).toEqual([
      ['t', 1],
      ['g1', 2],
      ['s1', 3],
      ['s2', 3],
      ['g2', 2],
      ['x', 1],
    ])
  })

  it('keeps what fits with what stands above it', () => {
    const ids = (whole: boolean, word: string) =>
      inOrder(prune(nest(items), (item) => item.name.includes(word), whole)).map((node) => node.item.id)
    expect(ids(false, '第2')).toEqual(['t', 'g1', 's2'])
    expect(ids(false, '水库')).toEqual(['t', 'g1'])
    expect(ids(true, '水库')).toEqual(['t', 'g1', 's1', 's2'])
    expect(ids(true, '没有')).toEqual([])
  })

  it('knows what stands above and beneath', () => {
    expect(lineage(items, 's2').map((item) => item.id)).toEqual(['t', 'g1', 's2'])
    expect(lineage(items, 'nobody')).toEqual([])
    expect([...beneath(items, 'g1')].sort()).toEqual(['g1', 's1', 's2'])
    expect([...beneath([...items].reverse(), 't')]).toHaveLength(5)
  })

  it('does not run in circles', () => {
    const circle = [
      { id: 'a', parent_id: 'b' },
      { id: 'b', parent_id: 'a' },
    ]
    expect(nest(circle)).toEqual([])
    expect(lineage(circle, 'a').map((item) => item.id)).toEqual(['b', 'a'])
    expect(beneath(circle, 'a').size).toBe(2)
  })
})

import { describe, expect, it } from 'vitest'
import { inTree } from './grids'

const grid = (id: string, parent_id: string | null, code: string) => ({ id, parent_id, code, name: id })

describe('inTree', () => {
  it('puts children beneath their parents, by code, with their depth', () => {
    const found = inTree([
      grid('town', null, '1'),
      grid('b', 'town', '12'),
      grid('a', 'town', '11'),
      grid('b1', 'b', '121'),
      grid('a1', 'a', '111'),
    ])
    expect(found.map((one) => [one.grid.id, one.depth])).toEqual([
      ['town', 0],
      ['a', 1],
      ['a1', 2],
      ['b', 1],
      ['b1', 2],
    ])
  })
  it('loses nobody whose parent is missing', () => {
    expect(inTree([grid('x', 'gone', '9')]).map((one) => one.grid.id)).toEqual(['x'])
  })
})

import { describe, expect, it } from 'vitest'
import { mapName, shortName } from './names'

describe('names of grids', () => {
  it('leaves out what the grid above says', () => {
    expect(shortName('水库村第2党小组子网格', '水库村党建总网格')).toBe('第2党小组子网格')
    expect(shortName('水库村党建总网格', '漕泾镇')).toBe('水库村党建总网格')
    expect(shortName('漕泾镇', undefined)).toBe('漕泾镇')
  })

  it('keeps a name that would be left too short or cut within a number', () => {
    expect(shortName('水库村东', '水库村')).toBe('水库村东')
    expect(shortName('东海12组网格', '东海11组网格')).toBe('12组网格')
    expect(shortName('水上网格', '水库村')).toBe('水上网格')
  })

  it('is shorter still on the map', () => {
    expect(mapName('水库村党建总网格', '漕泾镇')).toBe('水库村')
    expect(mapName('水库村第2党小组子网格', '水库村党建总网格')).toBe('第2党小组')
    expect(mapName('网格', undefined)).toBe('网格')
  })
})

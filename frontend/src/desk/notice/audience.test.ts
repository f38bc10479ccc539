import { beforeAll, describe, expect, it } from 'vitest'
import { loadTexts, useRooms } from '@/shared/i18n'
import { deskTexts } from '../texts'
import { AUDIENCE, audience } from './audience'

beforeAll(async () => {
  await useRooms(deskTexts)
  await loadTexts(['notice'])
})

describe('to whom a notice goes', () => {
  const grid = { id: '019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77', name: '水库村网格' }
  it('names grid and roles', () => {
    expect(audience({ roles: ['grid_head', 'worker'], grid })).toBe('水库村网格 · 网格长、网格员')
  })
  it('says everybody where it is everybody', () => {
    expect(audience({ roles: [...AUDIENCE], grid: null })).toBe('全镇街 · 全体人员')
    expect(audience({ roles: [...AUDIENCE, 'integrator'], grid: null })).toBe('全镇街 · 全体人员')
    expect(audience({ roles: [...AUDIENCE], grid })).toBe('水库村网格 · 任职人员')
  })
})

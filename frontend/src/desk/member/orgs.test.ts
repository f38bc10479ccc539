import { describe, expect, it } from 'vitest'
import { kindBelow } from './orgs'

describe('party organisations', () => {
  it('proposes the kind one level down', () => {
    expect(kindBelow(undefined)).toBe('committee')
    expect(kindBelow('work_committee')).toBe('general_branch')
    expect(kindBelow('branch')).toBe('group')
    expect(kindBelow('household')).toBe('household')
  })
})

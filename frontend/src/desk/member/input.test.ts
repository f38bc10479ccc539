import { describe, expect, it } from 'vitest'
import type { Member } from '@/api'
import { fieldsOf, isPhone, noMember, toCreate, toUpdate } from './input'

const member: Member = {
  id: 'm',
  number: 'M0001',
  name: '张三',
  category: 'party_member',
  phone: '13812345678',
  party_org: { id: 'o', name: '水库村党总支' },
  posts: [],
  version: 3,
}

describe('what is sent about a person', () => {
  it('leaves empty fields out of a new one', () => {
    expect(
      toCreate({ ...noMember, number: ' M2 ', name: '李四 ', category: 'resident', phone: ' ' }),
    ).toEqual({
      number: 'M2',
      name: '李四',
      category: 'resident',
    })
  })

  it('sends of a change only what was changed and clears what was emptied', () => {
    expect(toUpdate(member, fieldsOf(member))).toEqual({})
    expect(toUpdate(member, { ...fieldsOf(member), name: '张三丰', phone: '', party_org_id: '' })).toEqual({
      name: '张三丰',
      phone: null,
      party_org_id: null,
    })
  })

  it('knows mobile numbers as people write them', () => {
    for (const text of ['13812345678', '138 1234 5678', '+86 138-1234-5678', '8613812345678']) {
      expect(isPhone(text), text).toBe(true)
    }
    for (const text of ['1381234567', '12812345678', '021-57250000', ''])
      expect(isPhone(text), text).toBe(false)
  })
})

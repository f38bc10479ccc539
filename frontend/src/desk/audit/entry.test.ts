import { beforeAll, describe, expect, it } from 'vitest'
import type { AuditEntry } from '@/api'
import { loadTexts, useRooms } from '@/shared/i18n'
import { deskTexts } from '../texts'
import { rowName, said, who } from './entry'

beforeAll(async () => {
  await useRooms(deskTexts)
  await loadTexts(['audit'])
})

const entry: AuditEntry = {
  id: '019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77',
  number: 7,
  at: '2026-11-23T09:30:00+08:00',
  act: 'sign_in',
  account: { id: '019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a78', username: 'clerk' },
  roles: ['clerk'],
  operator: null,
  address: '10.0.3.17',
  agent: 'Firefox',
  request_id: 'r',
  row: null,
  changes: [],
  purpose: null,
  times: 1,
  erased: false,
}

describe('an entry in words', () => {
  it('names who acted', () => {
    expect(who(entry)).toBe('clerk')
    expect(who({ ...entry, account: { id: 'gone', username: null } })).toBe('gone')
    expect(who({ ...entry, account: null, operator: 'gezhi admin setup-token' })).toBe(
      'gezhi admin setup-token',
    )
    expect(who({ ...entry, account: null })).toBe('未知用户')
    expect(who({ ...entry, account: null, address: '' })).toBe('系统')
  })

  it('says what changed', () => {
    expect(said({ field: 'roles', before: 'leader clerk', after: 'leader' })).toBe(
      'roles: leader clerk → leader',
    )
    expect(said({ field: 'roles', before: null, after: 'leader' })).toBe('roles: leader')
    expect(said({ field: 'member_id', before: 'x', after: null })).toBe('member_id: x → （空）')
    expect(said({ field: 'password', before: null, after: null })).toBe('password')
  })

  it('names the row', () => {
    expect(rowName({ kind: 'account', id: '019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77' })).toBe('账号 0e5a77')
    expect(rowName({ kind: 'unheard_of', id: '019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77' })).toBe(
      'unheard_of 0e5a77',
    )
  })
})

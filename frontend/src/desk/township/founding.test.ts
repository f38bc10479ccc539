import { beforeAll, describe, expect, it } from 'vitest'
import { Problem } from '@/api'
import { loadTexts, useRooms } from '@/shared/i18n'
import { deskTexts } from '../texts'
import { lacking, placed, toSend, tokenIn } from './founding'

beforeAll(async () => {
  await useRooms(deskTexts)
  await loadTexts(['township'])
})

const form = {
  token: 'AbC_-9',
  township_code: '310116112',
  username: 'admin',
  display_name: '系统管理员',
  password: 'correct horse',
}

it('takes the token from behind the #, and nothing else', () => {
  expect(tokenIn('#AbC_-9')).toBe('AbC_-9')
  for (const hash of ['', '#', '#a b', '#%20', `#${'a'.repeat(129)}`]) {
    expect(tokenIn(hash), hash).toBe('')
  }
})

it('sends no spaces that were copied along', () => {
  expect(toSend({ ...form, token: ' AbC_-9\n', township_code: '310 116 112', username: ' admin ' })).toEqual(
    form,
  )
})

describe('founding', () => {
  it('says what is missing', () => {
    expect(lacking(form)).toEqual([])
    expect(
      lacking({ token: ' ', township_code: '31011611', username: 'a', display_name: ' ', password: 'short' }),
    ).toEqual([
      ['token', 'token'],
      ['township_code', 'code'],
      ['username', 'username'],
      ['display_name', 'display_name'],
      ['password', 'password'],
    ])
  })

  it('places what the server says of the whole', () => {
    const token = new Problem({ code: 'setup_token_invalid', title: '初始化口令无效或已使用' }, 403)
    expect(placed(token).errors.map((one) => [one.field, one.message])).toEqual([
      ['token', '初始化口令无效或已使用'],
    ])
    const twice = new Problem({ code: 'already_exists', title: '已经存在' }, 409)
    expect(placed(twice).errors.map((one) => [one.field, one.message])).toEqual([
      ['township_code', '该镇街已开通'],
    ])
    const other = Problem.network()
    expect(placed(other)).toBe(other)
  })
})

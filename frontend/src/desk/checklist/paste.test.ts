import { describe, expect, it } from 'vitest'
import {
  cells,
  readEvidence,
  readFrequency,
  readLimit,
  readPoints,
  readRole,
  recognise,
  toItems,
} from './paste'

const otherwise = {
  role: '',
  frequency: 'monthly',
  evidence: 'none',
  limit_working_days: 5,
  points: 1,
} as const

describe('cells', () => {
  it('splits tabs and lines of any kind and drops empty rows', () => {
    expect(cells('事项\t岗位\r\n巡查网格\t网格员\r\n\t\r\n')).toEqual([
      ['事项', '岗位'],
      ['巡查网格', '网格员'],
    ])
  })
  it('reads quoted cells with line breaks, tabs and quotes inside', () => {
    expect(cells('"巡查\n网格"\t"说""好"""\n走访\t无')).toEqual([
      ['巡查 网格', '说"好"'],
      ['走访', '无'],
    ])
  })
  it('takes a lone quote for a plain sign', () => {
    expect(cells('"美丽庭院检查\t每月\n走访\t每周')).toEqual([
      ['"美丽庭院检查', '每月'],
      ['走访', '每周'],
    ])
  })
  it('trims wide and hard spaces', () => {
    expect(cells('\u3000巡查\u00a0\t x ')).toEqual([['巡查', 'x']])
  })
})

describe('values', () => {
  it.each([
    ['总网格长', 'general_head'],
    ['村党总支书记', 'general_head'],
    ['子网格长', 'sub_head'],
    ['党小组长', 'sub_head'],
    ['专职网格员', 'worker'],
    ['网格指导员', 'instructor'],
    ['督导员', 'supervisor'],
    ['网格长', undefined],
    ['', undefined],
  ])('post %s', (text, role) => expect(readRole(text)).toBe(role))
  it.each([
    ['每周', 'weekly'],
    ['1次/周', 'weekly'],
    ['每月一次', 'monthly'],
    ['每季度', 'quarterly'],
    ['一次性', 'once'],
    ['每周2次', undefined],
    ['每两周', undefined],
    ['每半年', undefined],
    ['每日', undefined],
  ])('frequency %s', (text, frequency) => expect(readFrequency(text)).toBe(frequency))
  it.each([
    ['现场照片', 'photo'],
    ['走访记录', 'text'],
    ['走访户数', 'number'],
    ['无', 'none'],
    ['—', 'none'],
    ['视频', undefined],
  ])('evidence %s', (text, evidence) => expect(readEvidence(text)).toBe(evidence))
  it.each([
    ['3', 3],
    ['３个工作日内', 3],
    ['十五天', 15],
    ['二十个工作日', 20],
    ['5日前', undefined],
    ['61', undefined],
    ['0', undefined],
    ['2.5', undefined],
  ])('limit %s', (text, limit) => expect(readLimit(text)).toBe(limit))
  it.each([
    ['2', 2],
    ['2分', 2],
    ['+3 分/次', 3],
    ['2.0', 2],
    ['0', 0],
    ['1.5', undefined],
    ['21', undefined],
  ])('points %s', (text, points) => expect(readPoints(text)).toBe(points))
})

describe('recognise', () => {
  it('knows columns by the words of the header', () => {
    const rows = cells(
      '序号\t责任内容\t责任人\t工作频次\t佐证材料\t完成时限\t积分\n1\t巡查\t网格员\t每周\t照片\t3\t2',
    )
    expect(recognise(rows)).toEqual({
      header: true,
      columns: [null, 'what', 'role', 'frequency', 'evidence', 'limit_working_days', 'points'],
    })
  })
  it('knows columns in any order', () => {
    const rows = cells('岗位\t积分\t事项\n网格员\t2\t巡查')
    expect(recognise(rows).columns).toEqual(['role', 'points', 'what'])
  })
  it('fills in by content a column whose header says nothing known', () => {
    const rows = cells('事项\t岗位\t方式\n巡查网格\t网格员\t照片\n走访群众\t子网格长\t文字')
    expect(recognise(rows)).toEqual({ header: true, columns: ['what', 'role', 'evidence'] })
  })
  it('knows columns by their content where there is no header', () => {
    const rows = cells(
      '1\t每周巡查一次网格，拍照留存\t网格员\t每周\t照片\t3个工作日\t2分\n' +
        '2\t每月召开一次网格会议，形成记录\t总网格长\t每月\t文字\t5个工作日\t3分',
    )
    expect(recognise(rows)).toEqual({
      header: false,
      columns: [null, 'what', 'role', 'frequency', 'evidence', 'limit_working_days', 'points'],
    })
  })
  it('takes the first of two bare numbers for the limit', () => {
    const rows = cells('巡查\t网格员\t3\t2\n走访困难群众\t子网格长\t5\t2')
    expect(recognise(rows).columns).toEqual(['what', 'role', 'limit_working_days', 'points'])
  })
  it('takes a single column for the duties', () => {
    expect(recognise(cells('巡查网格\n走访群众'))).toEqual({ header: false, columns: ['what'] })
    expect(recognise(cells('事项\n走访群众'))).toEqual({ header: true, columns: ['what'] })
  })
  it('knows nothing of nothing', () => {
    expect(recognise([])).toEqual({ header: false, columns: [] })
  })
})

describe('toItems', () => {
  it('makes duties, repeats merged posts and fills what has no column', () => {
    const rows = cells(
      '事项\t岗位\t频次\n巡查网格\t网格员\t每周\n走访群众\t\t每月\n上报隐患\t网格长\t每月2次',
    )
    const { items, unread } = toItems(rows, recognise(rows), otherwise)
    expect(items).toEqual([
      { ...otherwise, what: '巡查网格', role: 'worker', frequency: 'weekly' },
      { ...otherwise, what: '走访群众', role: 'worker', frequency: 'monthly' },
      { ...otherwise, what: '上报隐患', role: '', frequency: '' },
    ])
    expect(unread).toEqual([
      { row: 4, field: 'role', value: '网格长' },
      { row: 4, field: 'frequency', value: '每月2次' },
    ])
  })
  it('leaves out rows without a duty', () => {
    const rows = cells('事项\t岗位\n\t网格员\n巡查\t网格员')
    expect(toItems(rows, recognise(rows), otherwise).items).toHaveLength(1)
  })
  it('reads evidence, limit and points and leaves empty what it cannot', () => {
    const rows = cells('事项\t岗位\t凭证\t时限\t积分\n巡查\t网格员\t视频\t3天\t50')
    const { items, unread } = toItems(rows, recognise(rows), otherwise)
    expect(items[0]).toMatchObject({ evidence: '', limit_working_days: 3, points: null })
    expect(unread.map((one) => one.field)).toEqual(['evidence', 'points'])
  })
})

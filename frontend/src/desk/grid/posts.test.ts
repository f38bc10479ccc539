import { describe, expect, it } from 'vitest'
import type { Grid, PostKind } from '@/api'
import { countVacant, openPosts, postLines } from './posts'

const held = (kind: PostKind, name: string) => ({
  id: `${kind}-${name}`,
  kind,
  member: { id: name, name },
  since: '2026-01-01',
})
const grid = (
  kind: Grid['kind'],
  posts: Grid['posts'],
  vacant: PostKind[] = [],
): Pick<Grid, 'kind' | 'posts' | 'vacant'> => ({ kind, posts, vacant })

describe('posts of a grid', () => {
  it('shows held posts from the highest down and the vacant ones among them', () => {
    const lines = postLines(
      grid(
        'general',
        [held('worker', '乙'), held('worker', '丙'), held('supervisor', '甲')],
        ['general_head'],
      ),
    )
    expect(lines.map((line) => [line.kind, line.held.map((one) => one.member.name)])).toEqual([
      ['supervisor', ['甲']],
      ['general_head', []],
      ['worker', ['乙', '丙']],
    ])
  })

  it('loses no holder whose post does not suit the grid', () => {
    expect(postLines(grid('sub', [held('general_head', '甲')])).map((line) => line.kind)).toEqual([
      'general_head',
    ])
  })

  it('offers posts of one holder only while they are free', () => {
    expect(openPosts(grid('sub', []))).toEqual(['instructor', 'sub_head', 'worker'])
    expect(openPosts(grid('sub', [held('sub_head', '甲'), held('worker', '乙')]))).toEqual([
      'instructor',
      'worker',
    ])
    expect(openPosts(grid('micro', []))).toEqual(['instructor', 'worker'])
  })

  it('counts vacant posts, not grids', () => {
    expect(
      countVacant([grid('sub', [], ['sub_head']), grid('sub', []), grid('general', [], ['general_head'])]),
    ).toBe(2)
  })
})

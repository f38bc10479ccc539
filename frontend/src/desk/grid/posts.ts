import type { Grid, GridKind, PostKind } from '@/api'

/** Which posts a grid of this kind has, from the highest down; the server has the last word. */
export function postsOf(kind: GridKind): PostKind[] {
  switch (kind) {
    case 'township':
      return ['supervisor', 'instructor', 'worker']
    case 'general':
      return ['supervisor', 'general_head', 'instructor', 'worker']
    case 'sub':
      return ['instructor', 'sub_head', 'worker']
    default:
      return ['instructor', 'worker']
  }
}

const single: ReadonlySet<PostKind> = new Set<PostKind>(['supervisor', 'general_head', 'sub_head'])

/** Posts to which somebody can be appointed now: those of one holder only while they are free. */
export function openPosts(grid: Pick<Grid, 'kind' | 'posts'>): PostKind[] {
  return postsOf(grid.kind).filter(
    (post) => !single.has(post) || !grid.posts.some((held) => held.kind === post),
  )
}

export interface PostLine {
  kind: PostKind
  held: Grid['posts']
}

/** The posts of a grid in their order: held ones with their holders, and needed ones that are vacant. */
export function postLines(grid: Pick<Grid, 'kind' | 'posts' | 'vacant'>): PostLine[] {
  const order = postsOf(grid.kind)
  // A post that does not suit the grid but is held (the kind changed) is still shown.
  for (const held of grid.posts) if (!order.includes(held.kind)) order.push(held.kind)
  return order
    .map((kind) => ({ kind, held: grid.posts.filter((held) => held.kind === kind) }))
    .filter((line) => line.held.length > 0 || grid.vacant.includes(line.kind))
}

/** Vacant posts of all these grids. */
export function countVacant(grids: readonly Pick<Grid, 'vacant'>[]): number {
  return grids.reduce((sum, grid) => sum + grid.vacant.length, 0)
}

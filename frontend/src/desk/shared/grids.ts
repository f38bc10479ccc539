interface Node {
  id: string
  parent_id?: string | null
  code: string
}

/** The flat list of grids in the order of their tree, each with its depth (0 for the topmost). */
export function inTree<G extends Node>(grids: readonly G[]): { grid: G; depth: number }[] {
  const known = new Set(grids.map((one) => one.id))
  const below = new Map<string, G[]>()
  for (const grid of grids) {
    const parent = grid.parent_id && known.has(grid.parent_id) ? grid.parent_id : ''
    below.set(parent, [...(below.get(parent) ?? []), grid])
  }
  const walk = (parent: string, depth: number): { grid: G; depth: number }[] =>
    (below.get(parent) ?? [])
      .sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))
      .flatMap((grid) => [{ grid, depth }, ...walk(grid.id, depth + 1)])
  return walk('', 0)
}

/** Trees as the interface carries them: flat, each item naming the one above it. */
export interface TreeItem {
  id: string
  parent_id?: string | null
}
export interface TreeNode<T> {
  item: T
  /** 1 at the top. */
  level: number
  children: TreeNode<T>[]
}

/** Nests flat items; their order stays, and an item whose upper one is not among them stands at the top. */
export function nest<T extends TreeItem>(items: readonly T[]): TreeNode<T>[] {
  const known = new Set(items.map((item) => item.id))
  const below = new Map<string | undefined, T[]>()
  for (const item of items) {
    const parent = item.parent_id && known.has(item.parent_id) ? item.parent_id : undefined
    const siblings = below.get(parent)
    if (siblings) siblings.push(item)
    else below.set(parent, [item])
  }
  const build = (parent: string | undefined, level: number): TreeNode<T>[] =>
    (below.get(parent) ?? []).map((item) => ({ item, level, children: build(item.id, level + 1) }))
  return build(undefined, 1)
}

/** The items of a tree from the top down, each with its level; for choices that show the tree by indenting. */
export function inOrder<T>(nodes: readonly TreeNode<T>[]): TreeNode<T>[] {
  return nodes.flatMap((node) => [node, ...inOrder(node.children)])
}

/** Keeps what fits, with everything above it; an item that fits keeps everything beneath it when `whole` is set. */
export function prune<T>(
  nodes: readonly TreeNode<T>[],
  fits: (item: T) => boolean,
  whole = false,
): TreeNode<T>[] {
  return nodes.flatMap((node) => {
    const here = fits(node.item)
    if (here && whole) return [node]
    const children = prune(node.children, fits, whole)
    return here || children.length > 0 ? [{ ...node, children }] : []
  })
}

/** The item and all above it, from the top down; empty when it is not among the items. */
export function lineage<T extends TreeItem>(items: readonly T[], id: string | undefined): T[] {
  const byId = new Map(items.map((item) => [item.id, item]))
  const line: T[] = []
  let next = id ? byId.get(id) : undefined
  while (next && !line.includes(next)) {
    line.unshift(next)
    next = next.parent_id ? byId.get(next.parent_id) : undefined
  }
  return line
}

/** The ids of an item and of everything beneath it. */
export function beneath(items: readonly TreeItem[], id: string): Set<string> {
  const found = new Set([id])
  let before = 0
  while (found.size > before) {
    before = found.size
    for (const item of items) if (item.parent_id && found.has(item.parent_id)) found.add(item.id)
  }
  return found
}

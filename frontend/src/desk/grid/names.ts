/** A name without what the name of the grid above says already: 水库村第2党小组子网格 under
 * 水库村党建总网格 is 第2党小组子网格. What would be left too short stays whole. */
export function shortName(name: string, above: string | undefined): string {
  if (!above) return name
  let same = 0
  while (same < name.length && name[same] === above[same]) same += 1
  // Not in the middle of a number or a Latin word.
  while (same > 0 && /[0-9A-Za-z]/.test(name[same] ?? '') && /[0-9A-Za-z]/.test(name[same - 1] ?? '')) {
    same -= 1
  }
  const rest = name.slice(same).trim()
  return same >= 2 && rest.length >= 2 ? rest : name
}

/** The name for the map: shortened as above, and without the words that the border says already. */
export function mapName(name: string, above: string | undefined): string {
  const short = shortName(name, above)
  const bare = short.replace(/(党建)?(总|子|微|专属)?网格$/, '')
  return bare.length >= 2 ? bare : short
}

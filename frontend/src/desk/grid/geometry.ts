/** Drawing boundaries without a map library: a plane in metres, paths, what to show and where labels go. */

export interface Point {
  x: number
  y: number
}
export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}
/** Pixels per metre, and where the plane's origin lies on the screen. */
export interface View {
  k: number
  x: number
  y: number
}
export interface Size {
  width: number
  height: number
}
type Ring = [number, number][]

const metresPerDegree = 111_320

/** Polygons of a GeoJSON geometry, each a list of rings of [longitude, latitude]; anything else is none. */
export function polygons(geometry: { type: string }): Ring[][] {
  const coordinates = (geometry as { coordinates?: unknown }).coordinates
  if (!Array.isArray(coordinates)) return []
  if (geometry.type === 'Polygon') return [coordinates as Ring[]]
  if (geometry.type === 'MultiPolygon') return coordinates as Ring[][]
  return []
}

/** A plane around a place: x metres east, y metres south of it. Over a township the error is far below a pixel. */
export function plane(lng: number, lat: number): (lng: number, lat: number) => Point {
  const shrink = Math.cos((lat * Math.PI) / 180)
  return (east, north) => ({
    x: (east - lng) * shrink * metresPerDegree,
    y: (lat - north) * metresPerDegree,
  })
}

export const nowhere: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity }

export function around(boxes: readonly Box[]): Box {
  return boxes.reduce(
    (all, box) => ({
      left: Math.min(all.left, box.left),
      top: Math.min(all.top, box.top),
      right: Math.max(all.right, box.right),
      bottom: Math.max(all.bottom, box.bottom),
    }),
    nowhere,
  )
}

/** The box in degrees around some geometries: left and right are longitudes, top is the northern latitude. */
export function degrees(geometries: readonly { type: string }[]): Box {
  let box = nowhere
  for (const geometry of geometries) {
    for (const [lng, lat] of polygons(geometry).flat(2) as Ring) {
      box = {
        left: Math.min(box.left, lng),
        right: Math.max(box.right, lng),
        top: box.top === Infinity ? lat : Math.max(box.top, lat),
        bottom: box.bottom === -Infinity ? lat : Math.min(box.bottom, lat),
      }
    }
  }
  return box
}

const round = (value: number) => Math.round(value * 10) / 10

/** The outline as an SVG path, to a tenth of a metre, with the box it lies in. */
export function outline(
  geometry: { type: string },
  project: (lng: number, lat: number) => Point,
): { path: string; box: Box } {
  let box = nowhere
  const path = polygons(geometry)
    .flat()
    .map((ring) => {
      // The last position repeats the first; `Z` closes as well.
      const points = ring.slice(0, -1).map(([lng, lat]) => {
        const point = project(lng, lat)
        box = around([box, { left: point.x, right: point.x, top: point.y, bottom: point.y }])
        return `${round(point.x)} ${round(point.y)}`
      })
      return points.length > 2 ? `M${points.join('L')}Z` : ''
    })
    .join('')
  return { path, box }
}

/** Shows a box as large as it fits, with a margin in pixels. */
export function fit(box: Box, size: Size, margin = 24): View {
  const width = box.right - box.left
  const height = box.bottom - box.top
  if (!(width > 0) || !(height > 0)) return { k: 0.01, x: size.width / 2, y: size.height / 2 }
  const k = Math.min(
    Math.max(1, size.width - 2 * margin) / width,
    Math.max(1, size.height - 2 * margin) / height,
  )
  return {
    k,
    x: size.width / 2 - (k * (box.left + box.right)) / 2,
    y: size.height / 2 - (k * (box.top + box.bottom)) / 2,
  }
}

/** Enlarges by a factor around a place on the screen that stays where it is. */
export function zoom(view: View, factor: number, at: Point, least: number, most: number): View {
  const k = Math.min(most, Math.max(least, view.k * factor))
  const by = k / view.k
  return { k, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by }
}

/** Keeps at least the middle of the screen over the box, so that the map cannot be lost. */
export function hold(view: View, box: Box, size: Size): View {
  const x = Math.min(
    size.width / 2 - view.k * box.left,
    Math.max(size.width / 2 - view.k * box.right, view.x),
  )
  const y = Math.min(
    size.height / 2 - view.k * box.top,
    Math.max(size.height / 2 - view.k * box.bottom, view.y),
  )
  return { k: view.k, x, y }
}

export interface Label {
  id: string
  lines: { text: string; tone?: string }[]
  /** Centre, in metres. */
  at: Point
  /** The room the grid offers, in metres. */
  box: Box
  /** Shown first when two would cover each other. */
  rank: number
  /** Shown even when it is wider than its grid. */
  must: boolean
}

/** Width of a text in pixels; a Chinese character is as wide as it is high. */
export function textWidth(text: string, fontSize: number): number {
  let em = 0
  for (const letter of text) em += letter.charCodeAt(0) > 0x2e7f ? 1 : 0.58
  return em * fontSize
}

/** The labels that fit: within their grids, inside the picture, none over another or over what is `reserved`. */
export function place<T extends Label>(
  labels: readonly T[],
  view: View,
  size: Size,
  fontSize: number,
  reserved: readonly Box[] = [],
): (T & { x: number; y: number })[] {
  const taken: Box[] = [...reserved]
  const shown: (T & { x: number; y: number })[] = []
  for (const label of [...labels].sort((a, b) => b.rank - a.rank)) {
    const width = Math.max(...label.lines.map((line) => textWidth(line.text, fontSize)))
    const height = label.lines.length * fontSize * 1.3
    const x = view.x + view.k * label.at.x
    const y = view.y + view.k * label.at.y
    const box = { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 }
    const inside = box.right > 0 && box.left < size.width && box.bottom > 0 && box.top < size.height
    const room = label.must || width <= view.k * (label.box.right - label.box.left)
    const free = taken.every(
      (other) =>
        box.left > other.right + 2 ||
        box.right < other.left - 2 ||
        box.top > other.bottom ||
        box.bottom < other.top,
    )
    if (!inside || !room || !free) continue
    taken.push(box)
    shown.push({ ...label, x, y })
  }
  return shown
}

/** Which grid a click means: of the grids from the top down to the one clicked, first the general grid, and
 * only within the chosen one the grid beneath it. */
export function drill(
  line: readonly { id: string; kind: string }[],
  chosen: readonly string[],
): string | undefined {
  const inner = line.filter((grid) => grid.kind !== 'township')
  const path = inner.length > 0 ? inner : line
  return (path.find((grid) => !chosen.includes(grid.id)) ?? path[path.length - 1])?.id
}

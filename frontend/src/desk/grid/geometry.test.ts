import { describe, expect, it } from 'vitest'
import { degrees, drill, fit, hold, outline, place, plane, polygons, textWidth, zoom } from './geometry'
import type { Label } from './geometry'

const square = {
  type: 'Polygon',
  coordinates: [
    [
      [121.3, 30.8],
      [121.4, 30.8],
      [121.4, 30.9],
      [121.3, 30.9],
      [121.3, 30.8],
    ],
  ],
}
const size = { width: 600, height: 400 }

describe('projection', () => {
  it('reads polygons and nothing else', () => {
    expect(polygons(square)).toHaveLength(1)
    expect(
      polygons({ type: 'MultiPolygon', coordinates: [square.coordinates, square.coordinates] } as never),
    ).toHaveLength(2)
    expect(polygons({ type: 'Point', coordinates: [1, 2] } as never)).toEqual([])
    expect(polygons({ type: 'GeometryCollection' })).toEqual([])
  })

  it('turns degrees into metres, north up', () => {
    const project = plane(121.35, 30.85)
    expect(project(121.35, 30.85)).toEqual({ x: 0, y: 0 })
    expect(project(121.35, 30.86).y).toBeCloseTo(-1113.2, 1)
    expect(project(121.36, 30.85).x).toBeCloseTo(955.8, 0)
  })

  it('draws closed rings and knows their box', () => {
    const { path, box } = outline(square, plane(121.35, 30.85))
    expect(path).toMatch(/^M[-\d.]+ [-\d.]+(L[-\d.]+ [-\d.]+){3}Z$/)
    expect(box.right).toBeCloseTo(-box.left, 5)
    expect(box.bottom - box.top).toBeCloseTo(11132, 0)
    expect(degrees([square])).toEqual({ left: 121.3, right: 121.4, top: 30.9, bottom: 30.8 })
  })
})

describe('view', () => {
  const box = { left: -1000, right: 1000, top: -500, bottom: 500 }

  it('fits a box into the middle', () => {
    const view = fit(box, size, 0)
    expect(view.k).toBeCloseTo(0.3)
    expect(view.x + view.k * box.left).toBeCloseTo(0)
    expect(view.y).toBeCloseTo(200)
    expect(Number.isFinite(fit({ left: 0, right: 0, top: 0, bottom: 0 }, size).k)).toBe(true)
  })

  it('keeps the place under the pointer while zooming, within limits', () => {
    const view = fit(box, size, 0)
    const at = { x: 100, y: 50 }
    const near = zoom(view, 2, at, 0.1, 10)
    const metres = (v: typeof view) => [(at.x - v.x) / v.k, (at.y - v.y) / v.k]
    expect(metres(near)[0]).toBeCloseTo(metres(view)[0] ?? 0)
    expect(metres(near)[1]).toBeCloseTo(metres(view)[1] ?? 0)
    expect(zoom(view, 1000, at, 0.1, 10).k).toBe(10)
    expect(zoom(view, 0, at, 0.1, 10).k).toBe(0.1)
  })

  it('never loses the map', () => {
    const held = hold({ k: 0.3, x: 99_999, y: -99_999 }, box, size)
    expect(held.x + 0.3 * box.left).toBeCloseTo(300)
    expect(held.y + 0.3 * box.bottom).toBeCloseTo(200)
  })
})

describe('labels', () => {
  const label = (id: string, x: number, rank: number, must = false): Label => ({
    id,
    lines: [{ text: '水库村' }],
    at: { x, y: 0 },
    box: { left: x - 30, right: x + 30, top: -30, bottom: 30 },
    rank,
    must,
  })
  const view = { k: 1, x: 100, y: 100 }

  it('measures Chinese by the square', () => {
    expect(textWidth('水库村', 12)).toBe(36)
    expect(textWidth('ab', 10)).toBeCloseTo(11.6)
  })

  it('shows the more important of two that meet, and none outside', () => {
    const shown = place(
      [label('low', 0, 1), label('high', 20, 2), label('far', 100, 1), label('out', 9999, 3)],
      view,
      size,
      12,
    )
    expect(shown.map((one) => one.id)).toEqual(['high', 'far'])
    expect(shown[0]).toMatchObject({ x: 120, y: 100 })
  })

  it('keeps clear of reserved places', () => {
    const reserved = [{ left: 190, right: 210, top: 90, bottom: 110 }]
    const shown = place([label('a', 0, 1), label('b', 100, 1)], view, size, 12, reserved)
    expect(shown.map((one) => one.id)).toEqual(['a'])
  })

  it('leaves out what does not fit its grid unless it must be seen', () => {
    const small = { k: 0.1, x: 100, y: 100 }
    expect(place([label('a', 0, 1)], small, size, 12)).toEqual([])
    expect(place([label('a', 0, 1, true)], small, size, 12)).toHaveLength(1)
  })
})

describe('a click', () => {
  const line = [
    { id: 't', kind: 'township' },
    { id: 'g', kind: 'general' },
    { id: 's', kind: 'sub' },
  ]
  it('means the general grid first, then the grid within it', () => {
    expect(drill(line, [])).toBe('g')
    expect(drill(line, ['t'])).toBe('g')
    expect(drill(line, ['t', 'g'])).toBe('s')
    expect(drill(line, ['t', 'g', 's'])).toBe('s')
    expect(drill(line, ['t', 'other'])).toBe('g')
    expect(drill([{ id: 't', kind: 'township' }], [])).toBe('t')
  })
})

import { describe, expect, it } from 'vitest'
import type { TextTree, Texts } from './texts'

const found = import.meta.glob<Texts>('/src/**/texts.ts', { eager: true, import: 'default' })
const all = Object.entries(found).filter(([, texts]) => texts)

function flat(tree: TextTree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  )
}
const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join()

describe.each(all)('%s', (_path, texts) => {
  const zh = new Map(flat(texts['zh-CN']))
  const en = new Map(flat(texts.en as TextTree))

  it('has the same keys in both languages', () => {
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
  })
  it('has no empty text and the same values in each', () => {
    for (const [key, text] of zh) {
      expect(text.trim(), key).not.toBe('')
      expect(en.get(key)?.trim(), key).not.toBe('')
      expect(new Set(holes(en.get(key) ?? '').split(',')), key).toEqual(new Set(holes(text).split(',')))
    }
  })
})

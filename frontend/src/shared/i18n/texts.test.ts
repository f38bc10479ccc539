import { describe, expect, it } from 'vitest'
import { deskTexts } from '@/desk/texts'
import { handTexts } from '@/hand/texts'
import { permissions } from '@/api/permissions'
import { hasText, loadTexts, speak, useRooms } from '.'
import { root } from '../texts'
import type { RoomTexts, TextTree } from './texts'

const faces: Record<string, RoomTexts> = { desk: deskTexts, hand: handTexts }
const raw = import.meta.glob<string>(
  ['/src/**/*.{ts,vue}', '!/src/**/*.test.ts', '!/src/**/texts/*.ts', '!/src/api/schema.d.ts'],
  {
    query: '?raw',
    import: 'default',
    eager: true,
  },
)

/** Which texts are meant where the key is put together and its beginning tells no more than the room. */
const meant: Record<string, string[]> = {
  'desk home.*': ['tasks_late', 'tasks_due_today', 'tasks_to_verify', 'vacancies', 'activities_today'],
  'desk import.*': ['created', 'updated', 'unchanged', 'fault_count'],
  'desk preferences.*': ['light', 'dark', 'system'],
  'hand activity.*': ['today', 'upcoming', 'mine'],
  'hand check_in.*': ['cancelled', 'closed', 'expired', 'failed', 'full', 'invalid', 'no_member'],
  'hand me.*': ['current', 'new', 'again'],
  'hand notice.*': ['current', 'unread', 'all'],
  'hand task.*': ['returned', 'cancelled'],
  'shared problem.*': ['forbidden', 'not_found', 'nothing'],
  'shared date.*': ['today', 'tomorrow', 'yesterday'],
}

function flat(tree: TextTree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : flat(value, `${prefix}${key}.`),
  )
}
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort().join()
async function both(
  room: string,
  [zh, en]: RoomTexts[string],
): Promise<[Map<string, string>, Map<string, string>]> {
  const prefix = room && `${room}.`
  const chinese =
    typeof zh === 'function' ? (await (zh as () => Promise<{ default: TextTree }>)()).default : zh
  return [new Map(flat(chinese, prefix)), new Map(flat((await en()).default, prefix))]
}
const every: [string, string, RoomTexts[string]][] = [
  ['shared', '', root],
  ...Object.entries(faces).flatMap(([face, rooms]) =>
    Object.entries(rooms).map(([room, spoken]): [string, string, RoomTexts[string]] => [face, room, spoken]),
  ),
]
const keysOf: Record<string, Set<string>> = { shared: new Set(), desk: new Set(), hand: new Set() }
for (const [face, room, spoken] of every) {
  for (const key of (await both(room, spoken))[0].keys()) keysOf[face]?.add(key)
}

describe.each(every)('%s %s', (_face, room, spoken) => {
  it('says the same in both languages: no text is empty, and each takes the same values', async () => {
    const [zh, en] = await both(room, spoken)
    expect([...en.keys()].sort()).toEqual([...zh.keys()].sort())
    for (const [key, text] of zh) {
      expect(text.trim(), key).not.toBe('')
      expect(en.get(key)?.trim(), key).not.toBe('')
      expect(holes(en.get(key) ?? ''), key).toBe(holes(text))
    }
  })
})

/** The keys of a face's trees, and of those of both, that a file names: whole in quotes, or put together. */
function named(path: string, source: string): { own: string[]; shared: string[]; vague: string[] } {
  const face = path.split('/')[2] ?? ''
  const own = new Set<string>()
  const vague: string[] = []
  const trees = [...(keysOf[face] ?? []), ...(keysOf['shared'] ?? [])]
  const all = new Set(trees)
  // A permission may be spelt as a text is: there it is one where it is said.
  const said = (key: string) =>
    new RegExp(`\\bt\\([^()]*(\\([^()]*\\)[^()]*)*['"]${key.replace('.', '\\.')}['"]`).test(source)
  for (const [, key = ''] of source.matchAll(/['"]([a-z_]+(?:\.\w+)+)['"]/g)) {
    if (all.has(key) && (!(permissions as readonly string[]).includes(key) || said(key))) own.add(key)
  }
  for (const [, template] of source.matchAll(/`([a-z_]+\.[^`\s]*\$\{[^`]*)`/g)) {
    const shape = (template ?? '').replace(/\$\{[^}]*\}/g, '*')
    const pattern = new RegExp(`^${shape.replace(/\./g, '\\.').replace(/\*/g, '\\w+')}$`)
    const fits = trees.filter((key) => pattern.test(key))
    if (fits.length === 0) continue
    if (!/^\w+\.\*$/.test(shape)) fits.forEach((key) => own.add(key))
    else if (meant[`${face} ${shape}`])
      meant[`${face} ${shape}`]?.forEach((last) => own.add(shape.replace('*', last)))
    else vague.push(`${path}: ${shape}`)
  }
  const found = [...own]
  return {
    own: found.filter((key) => keysOf[face]?.has(key)),
    shared: found.filter((key) => keysOf['shared']?.has(key)),
    vague,
  }
}

it('says every text somewhere', () => {
  const unused: Record<string, Set<string>> = {}
  for (const [face, keys] of Object.entries(keysOf)) unused[face] = new Set(keys)
  const vague: string[] = []
  for (const [path, source] of Object.entries(raw)) {
    const found = named(path, source)
    for (const key of found.own) unused[path.split('/')[2] ?? '']?.delete(key)
    for (const key of found.shared) unused['shared']?.delete(key)
    vague.push(...found.vague)
  }
  expect(vague, 'keys put together of which nobody says which texts are meant').toEqual([])
  expect(Object.entries(unused).flatMap(([face, keys]) => [...keys].map((key) => `${face} ${key}`))).toEqual(
    [],
  )
  for (const [shape, lasts] of Object.entries(meant)) {
    const [face = '', pattern = ''] = shape.split(' ')
    for (const last of lasts)
      expect([...(keysOf[face] ?? []), ...(keysOf['shared'] ?? [])]).toContain(pattern.replace('*', last))
  }
})

const frames = Object.fromEntries(
  Object.entries(faces).map(([face, all]) => [
    face,
    Object.keys(all).filter((room) => typeof all[room]?.[0] !== 'function'),
  ]),
)
const pages = Object.entries(raw).flatMap(([path, source]) => {
  const [, , face = '', folder = '', file] = path.split('/')
  if (file !== 'routes.ts' || !faces[face]) return []
  const others = /export const texts = \[([^\]]*)\]/.exec(source)?.[1]?.match(/\w+/g) ?? []
  return [...source.matchAll(/component: \(\) => import\('\.\/(\w+\.vue)'\)/g)].map(([, page]) => ({
    face,
    page: `/src/${face}/${folder}/${page}`,
    loaded: [...(frames[face] ?? []), folder, ...others],
  }))
})
const isPage = new Set(pages.map((one) => one.page))

/** What a file of ours needs to run, itself included; another page loads its own. */
function reach(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path) || raw[path] === undefined || (seen.size > 0 && isPage.has(path))) return seen
  seen.add(path)
  for (const [, of] of raw[path].matchAll(/(?:from|import)\s*\(?\s*'([@.][^']+)'/g)) {
    const at = new URL(of?.startsWith('@/') ? `/src/${of.slice(2)}` : (of ?? ''), `file://${path}`).pathname
    for (const end of ['', '.ts', '.vue', '/index.ts']) reach(at + end, seen)
  }
  return seen
}
/** The rooms whose texts a file and all it needs may say. */
function rooms(face: string, path: string): Set<string> {
  const own = [...reach(path)].filter((file) => file.startsWith(`/src/${face}/`))
  return new Set(
    own.flatMap((file) => named(file, raw[file] ?? '').own.map((key) => key.split('.')[0] ?? '')),
  )
}
it.each(Object.keys(faces))('the frame of the %s says nothing that has to be loaded first', (face) => {
  for (const file of ['main.ts', 'shell/SignIn.vue']) {
    expect(frames[face]).toEqual(expect.arrayContaining([...rooms(face, `/src/${face}/${file}`)]))
  }
})

it('knows the pages', () => expect(pages.length).toBeGreaterThan(40))
it.each(pages)('$page says nothing that is not loaded with it', ({ face, page, loaded }) => {
  expect(raw[page]).toBeTypeOf('string')
  expect([...rooms(face, page)].filter((room) => !loaded.includes(room))).toEqual([])
})

describe('a page opened while the language changes', () => {
  it('is loaded in the language that is spoken then', async () => {
    let come: (texts: { default: TextTree }) => void = () => undefined
    await useRooms({
      slow: [{ one: '一' }, () => new Promise((resume) => (come = resume))],
      other: [
        () => Promise.resolve({ default: { one: '二' } }),
        () => Promise.resolve({ default: { one: 'two' } }),
      ],
    })
    const changed = speak('en')
    await loadTexts(['other'])
    come({ default: { one: 'one' } })
    await changed
    expect(hasText('slow.one')).toBe(true)
    expect(hasText('other.one')).toBe(true)
    await speak('zh-CN')
  })
})

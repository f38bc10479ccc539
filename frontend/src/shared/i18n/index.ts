import { computed, ref, shallowReactive } from 'vue'
import type { ShallowReactive } from 'vue'
import { setLanguage } from '@/api/client'
import chinese from '@/api/words/zh-CN'
import { root } from '../texts'
import type { Load, Locale, RoomTexts, TextKey, TextTree } from './texts'

export type { Locale, RoomTexts, TextKey } from './texts'

const stored = 'gezhi.locale'

function remembered(): Locale {
  try {
    return localStorage.getItem(stored) === 'en' ? 'en' : 'zh-CN'
  } catch {
    return 'zh-CN'
  }
}

/** What is said in each language, as far as somebody asked for it. */
const trees: Record<Locale, ShallowReactive<TextTree>> = {
  'zh-CN': shallowReactive<TextTree>({ ...root[0] }),
  en: shallowReactive<TextTree>({}),
}
const spoken = ref(remembered())

apply(remembered())

function apply(locale: Locale): void {
  setLanguage(locale)
  if (typeof document !== 'undefined') document.documentElement.lang = locale
}

/** What the words of the contract are called, in the languages that were spoken. */
export const contract = shallowReactive({ 'zh-CN': chinese, en: chinese } as Record<Locale, typeof chinese>)

/** All rooms of this face, and of them those that somebody has asked for; '' are the texts of both faces. */
let rooms: RoomTexts = { '': root }
const wanted = new Set([''])
const coming = new Map([['zh-CN ', Promise.resolve()]])

function put(language: Locale, room: string, tree: TextTree): void {
  Object.assign(trees[language], room ? { [room]: tree } : tree)
}

async function bring(language: Locale, room: string): Promise<void> {
  const [zh, en] = rooms[room] ?? []
  const found = language === 'en' ? en : zh
  if (typeof found === 'function') put(language, room, (await (found as Load)()).default)
  else if (found) put(language, room, found)
  if (language === 'en' && room === '') contract.en = (await import('@/api/words/en')).default
}

/** What is asked for once, and again where it did not come. */
function once(language: Locale, room: string): Promise<void> {
  const key = `${language} ${room}`
  const before = coming.get(key)
  if (before) return before
  const now = bring(language, room)
  coming.set(key, now)
  now.catch(() => coming.delete(key))
  return now
}

async function allIn(language: Locale): Promise<void> {
  await Promise.all([...wanted].map((room) => once(language, room)))
}

/** Before a page is shown: has what it says, in the language that is spoken. */
export async function loadTexts(names: Iterable<string> = []): Promise<void> {
  for (const name of names) wanted.add(name)
  await allIn(locale.value)
}

/** Takes the texts of a face; resolves when its frame can speak. */
export async function useRooms(own: RoomTexts): Promise<void> {
  rooms = { ...rooms, ...own }
  await loadTexts(Object.keys(own).filter((name) => typeof own[name]?.[0] !== 'function'))
}

/** Speaks another language from now on, when its texts have come. */
export async function speak(next: Locale): Promise<void> {
  // A page may be opened meanwhile, and then says more.
  for (let known = -1; known !== wanted.size;) {
    known = wanted.size
    await allIn(next)
  }
  spoken.value = next
  try {
    localStorage.setItem(stored, next)
  } catch {
    // A browser that keeps nothing still switches for this visit.
  }
  apply(next)
}

export const locale = computed(() => spoken.value)

/** Changes to the other language. */
export const speakOther = (): Promise<void> => speak(locale.value === 'en' ? 'zh-CN' : 'en')

function find(key: string): string | undefined {
  let at: string | TextTree | undefined = trees[spoken.value]
  for (const part of key.split('.')) at = typeof at === 'object' ? at[part] : undefined
  return typeof at === 'string' ? at : undefined
}

/** A text in the language that is spoken, its `{name}`s filled in. A library for this and for what we have no use of would be an eighth
 * of all that a phone loads. */
export function t(key: TextKey, values: Record<string, unknown> = {}): string {
  const text = find(key)
  if (text === undefined) {
    // Not for the reader, who sees the key; for whoever watches the console, as the journeys do.
    setTimeout(() => {
      throw new Error(`the texts hold no ${key}, or not yet`)
    })
    return key
  }
  return text.replace(/\{(\w+)\}/g, (_hole, name: string) => String(values[name] ?? ''))
}
/** Whether a key that the server had a part in is one of ours. */
export function hasText(key: string): key is TextKey {
  return find(key) !== undefined
}

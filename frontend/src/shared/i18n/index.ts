import { computed } from 'vue'
import { createI18n } from 'vue-i18n'
import { setLanguage } from '@/api/client'
import type { Locale, TextTree, Texts } from './texts'

export { defineTexts, type Locale } from './texts'

const stored = 'gezhi.locale'

function remembered(): Locale {
  try {
    return localStorage.getItem(stored) === 'en' ? 'en' : 'zh-CN'
  } catch {
    return 'zh-CN'
  }
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered(),
  fallbackLocale: 'zh-CN',
  missingWarn: false,
  fallbackWarn: false,
  messages: { 'zh-CN': {}, en: {} } as Record<Locale, TextTree>,
})
apply(remembered())

function apply(locale: Locale): void {
  setLanguage(locale)
  if (typeof document !== 'undefined') document.documentElement.lang = locale
}

/** Adds the texts of one room below its name: `addTexts('grid', …)` → `t('grid.title')`. */
export function addTexts(name: string, texts: Texts): void {
  for (const locale of ['zh-CN', 'en'] as const) {
    i18n.global.mergeLocaleMessage(locale, { [name]: texts[locale] })
  }
}

/** Adds what `import.meta.glob('../*\/texts.ts', { eager: true, import: 'default' })` found; the folder gives the name. */
export function addFolders(found: Record<string, unknown>): void {
  for (const [path, texts] of Object.entries(found)) {
    const name = path.split('/').slice(-2)[0]
    if (name) addTexts(name, texts as Texts)
  }
}

export const locale = computed<Locale>({
  get: () => i18n.global.locale.value as Locale,
  set: (next) => {
    i18n.global.locale.value = next
    try {
      localStorage.setItem(stored, next)
    } catch {
      // A browser that keeps nothing still switches for this visit.
    }
    apply(next)
  },
})

/** A text outside of components. Inside use `const { t } = useI18n()`, which is the same. */
export function t(key: string, values: Record<string, unknown> = {}): string {
  return i18n.global.t(key, values)
}
export function hasText(key: string): boolean {
  return i18n.global.te(key, 'zh-CN')
}

/** Merges texts at the root instead of below a name; for the shared ones only. */
export function addRoot(texts: Texts): void {
  for (const locale of ['zh-CN', 'en'] as const) i18n.global.mergeLocaleMessage(locale, texts[locale])
}

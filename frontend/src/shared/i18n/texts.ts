export type Locale = 'zh-CN' | 'en'
export interface TextTree {
  [key: string]: string | TextTree
}
type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }
export interface Texts<T extends TextTree = TextTree> {
  'zh-CN': T
  en: Same<T>
}

/** The texts of one folder in both languages; the compiler holds English to the keys of the Chinese. */
export function defineTexts<T extends TextTree>(texts: { 'zh-CN': T; en: Same<T> }): Texts<T> {
  return texts
}

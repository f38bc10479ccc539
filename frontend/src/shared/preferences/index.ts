import { defineStore } from 'pinia'
import { ref, watchEffect } from 'vue'

export type Theme = 'light' | 'dark' | 'system'

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}
function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Holds for this visit only.
  }
}

/** Looks chosen by the person: theme (desk), large type. Kept on the device. */
export const usePreferences = defineStore('preferences', () => {
  const before = kept('gezhi.theme')
  const theme = ref<Theme>(before === 'dark' || before === 'light' ? before : 'system')
  const large = ref(kept('gezhi.large') === 'true')
  const systemDark = ref(false)
  const query = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : undefined
  if (query) {
    systemDark.value = query.matches
    // Safari 14 knows only the old way to listen on some devices.
    const follow = (event: { matches: boolean }) => (systemDark.value = event.matches)
    if (typeof query.addEventListener === 'function') query.addEventListener('change', follow)
    else query.addListener(follow)
  }

  /** Writes the choices on the page; `themed` only for the desk. */
  function apply(themed: boolean): void {
    watchEffect(() => {
      const root = document.documentElement
      const dark = themed && (theme.value === 'dark' || (theme.value === 'system' && systemDark.value))
      root.classList.toggle('dark', dark)
      root.classList.toggle('large', large.value)
      keep('gezhi.theme', theme.value)
      keep('gezhi.large', String(large.value))
    })
  }
  return { theme, large, apply }
})

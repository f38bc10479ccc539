import { onBeforeUnmount, onMounted } from 'vue'

interface Sentinel {
  release(): Promise<void>
}

/** The screen stays on while the part is shown, where the device allows it; `back` runs when one returns to the page. */
export function useAwake(back: () => void): void {
  let held: Sentinel | undefined
  let gone = false
  const release = () => void held?.release().catch(() => undefined)
  async function hold(): Promise<void> {
    const lock = (navigator as { wakeLock?: { request(kind: 'screen'): Promise<Sentinel> } }).wakeLock
    try {
      if (document.visibilityState === 'visible') held = await lock?.request('screen')
      if (gone) release()
    } catch {
      // Low battery or no such right: the device decides.
    }
  }
  function seen(): void {
    if (document.visibilityState !== 'visible') return
    void hold()
    back()
  }
  onMounted(() => {
    void hold()
    document.addEventListener('visibilitychange', seen)
  })
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', seen)
    gone = true
    release()
  })
}

import { showConfirmDialog } from 'vant'
import { nextTick } from 'vue'

/** Asks before an act that cannot be taken back; answers whether it is wanted. Vant names its dialog by an id that
 * does not exist, so the name is set here. */
export async function confirmed(title: string, message: string, act: string): Promise<boolean> {
  const asked = showConfirmDialog({ title, message, confirmButtonText: act }).then(
    () => true,
    () => false,
  )
  await nextTick()
  for (const dialog of Array.from(document.querySelectorAll('.van-dialog'))) {
    dialog.removeAttribute('aria-labelledby')
    dialog.setAttribute('aria-label', title)
    dialog.setAttribute('aria-modal', 'true')
  }
  return asked
}

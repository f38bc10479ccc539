import { ElMessageBox } from 'element-plus'
import { onBeforeUnmount, onMounted } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { t } from '@/shared/i18n'

/** Asks before what was typed is lost by leaving the page. */
export function useLeaveGuard(changed: () => boolean): void {
  onBeforeRouteLeave(async () => {
    if (!changed()) return true
    return ElMessageBox.confirm(t('shared.leave'), t('shared.leave_title'), {
      confirmButtonText: t('shared.leave_yes'),
      cancelButtonText: t('shared.stay'),
    }).then(
      () => true,
      () => false,
    )
  })
  const warn = (event: BeforeUnloadEvent) => {
    if (changed()) event.preventDefault()
  }
  onMounted(() => window.addEventListener('beforeunload', warn))
  onBeforeUnmount(() => window.removeEventListener('beforeunload', warn))
}

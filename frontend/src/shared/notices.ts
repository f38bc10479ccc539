import { computed } from 'vue'
import type { Ref } from 'vue'
import type { Notice } from '@/api'
import { useAct } from '@/shared/act'
import { useRead } from '@/shared/query'
import { useSession } from '@/shared/session'

/** As many as are counted. */
const COUNTED = 9

/** How many notices the account has not read, as it is shown at an entry; nothing where there are none. */
export function useUnread(): Ref<string> {
  const session = useSession()
  const read = useRead(
    'list_notices',
    { query: { unread: true, limit: COUNTED } },
    { enabled: computed(() => session.state === 'in' && session.can('notice.read')), every: 300_000 },
  )
  return computed(() => {
    const found = read.data.value
    if (!found || found.items.length === 0) return ''
    return found.next_cursor ? `${COUNTED}+` : String(found.items.length)
  })
}

/** Signs for the version of a notice that is open before its reader. Without a connection nothing is lost: it stays unread, and is signed
 * for when it is opened again. What was refused is read anew: it was withdrawn, or is to be read again as it is now. */
export async function sign(notice: Notice): Promise<void> {
  if (!notice.may.read_notice.allowed) return
  await useAct('read_notice', { shows: true }).run({ path: { id: notice.id }, version: notice.version })
}

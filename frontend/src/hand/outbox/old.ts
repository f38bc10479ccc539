import type { Entry } from './entry'
import { submission } from './submission'
import type { TaskFacts, Written } from './submission'
import type { Storage } from './storage'

/** An entry as it was kept when the outbox carried submissions of tasks only. */
type Old = Written &
  Pick<Entry, 'id' | 'account' | 'state' | 'key' | 'doneAt' | 'savedAt' | 'fault'> & { task: TaskFacts }

const isOld = (entry: object): entry is Old => !('operation' in entry) && 'task' in entry

/** The same entry as it is kept now: the same key, the same moment, the photos that are there already. */
export function carriedOver(old: Old): Entry {
  const { account, state, key, doneAt, savedAt, fault, task, text, number, photos, place } = old
  const draft = submission(task, { text, number, photos, place })
  return {
    ...draft,
    id: `${account}/${draft.operation}/${draft.name}`,
    account,
    state,
    key,
    doneAt,
    savedAt,
    ...(fault ? { fault } : {}),
  }
}

/** Carries over what an earlier version of the pages has kept. One that was written anew meanwhile stays as it is. */
export async function carryOver(storage: Storage): Promise<void> {
  for (const entry of (await storage.entries()) as (Entry | Old)[]) {
    if (!isOld(entry)) continue
    const next = carriedOver(entry)
    const known = await storage.entry(next.id)
    if (!known) await storage.keep(next)
    await storage.remove(entry.id)
  }
}

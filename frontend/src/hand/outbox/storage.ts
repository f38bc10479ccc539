import type { Entry } from './entry'
import { carryOver } from './old'

/** Where entries and the lists last read are kept. */
export interface Storage {
  /** Whether what is kept outlives the page. */
  readonly durable: boolean
  entries(): Promise<Entry[]>
  entry(id: string): Promise<Entry | undefined>
  keep(entry: Entry): Promise<void>
  remove(id: string): Promise<void>
  /** The last answer of a list, for work without a connection. */
  recall(name: string): Promise<unknown>
  remember(name: string, value: unknown): Promise<void>
  /** Forgets all lists; entries stay. */
  forget(): Promise<void>
}

/** For browsers that keep nothing: lasts as long as the page. */
export function memoryStorage(): Storage {
  const entries = new Map<string, Entry>()
  const lists = new Map<string, unknown>()
  return {
    durable: false,
    entries: async () => [...entries.values()],
    entry: async (id) => entries.get(id),
    keep: async (entry) => void entries.set(entry.id, { ...entry }),
    remove: async (id) => void entries.delete(id),
    recall: async (name) => lists.get(name),
    remember: async (name, value) => void lists.set(name, value),
    forget: async () => lists.clear(),
  }
}

/** The phone's own database; throws where the browser has none (private windows, some in-app browsers). */
async function phoneStorage(): Promise<Storage> {
  const { openDB } = await import('idb')
  const base = await openDB('gezhi-hand', 1, {
    upgrade(fresh) {
      fresh.createObjectStore('entry', { keyPath: 'id' })
      fresh.createObjectStore('list')
    },
    // Another tab with a newer version of the pages waits for this one to let go.
    blocking: () => base.close(),
  })
  await base.count('entry')
  return {
    durable: true,
    entries: () => base.getAll('entry') as Promise<Entry[]>,
    entry: (id) => base.get('entry', id) as Promise<Entry | undefined>,
    keep: async (entry) => void (await base.put('entry', entry)),
    remove: (id) => base.delete('entry', id),
    recall: (name) => base.get('list', name),
    remember: async (name, value) => void (await base.put('list', value, name)),
    forget: () => base.clear('list'),
  }
}

export async function openStorage(): Promise<Storage> {
  try {
    const storage = await phoneStorage()
    // What could not be carried over, for want of room, is tried again the next time.
    await carryOver(storage).catch(() => undefined)
    return storage
  } catch {
    return memoryStorage()
  }
}

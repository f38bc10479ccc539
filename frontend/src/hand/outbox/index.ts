import { computed, ref, shallowRef, watch } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import type { ActId } from '@/api'
import { call } from '@/api/client'
import { wire } from '@/shared/dates'
import { t } from '@/shared/i18n'
import { notify } from '@/shared/notify'
import { readAgain } from '@/shared/query'
import { useSession } from '@/shared/session'
import { entryId, entryOf } from './entry'
import type { Draft, Entry } from './entry'
import { kindOf } from './kinds'
import { pause, send, sendAll, upload } from './sender'
import type { Outcome, Server } from './sender'
import { memoryStorage, openStorage } from './storage'
import type { Storage } from './storage'

export type { Entry, KeptFile } from './entry'
export { isSubmission, submission } from './submission'
export type { Submission, TaskFacts, Written } from './submission'
export { preparePages } from './prepare'

export interface Outbox {
  /** Entries of whoever is signed in, the newest first. */
  entries: ShallowRef<Entry[]>
  /** Entries of other people who use this phone; they wait until those sign in. */
  others: Ref<number>
  waiting: ComputedRef<number>
  refused: ComputedRef<number>
  /** The entry that is on its way. */
  sending: Ref<string | undefined>
  /** Whether what is kept outlives the page. */
  durable: Ref<boolean>
  find: (operation: ActId, name: string) => Promise<Entry | undefined>
  saveDraft: (draft: Draft) => Promise<void>
  /** Puts it in the outbox and tries at once. Throws the problem where it could be neither sent nor kept. */
  submit: (draft: Draft) => Promise<Outcome | undefined>
  /** Takes a waiting or refused entry back to write on. */
  reopen: (id: string) => Promise<void>
  remove: (id: string) => Promise<void>
  sendNow: () => Promise<void>
  remember: (name: string, value: unknown) => Promise<void>
  recall: <T>(name: string) => Promise<{ at: number; value: T } | undefined>
}

const sendAny = call as (id: ActId, input: object) => Promise<unknown>
const server: Server = {
  upload: async (file) => (await call('upload_attachment', { body: upload(file), key: file.key })).id,
  act: ({ operation, path, key }, body) => sendAny(operation as ActId, { path, body, key }),
}

async function oneTabAtATime<T>(act: () => Promise<T>): Promise<T> {
  const locks = (navigator as { locks?: LockManager }).locks
  return locks ? ((await locks.request('gezhi-outbox', act)) as T) : act()
}

function make(): Outbox {
  const session = useSession()
  const entries = shallowRef<Entry[]>([])
  const others = ref(0)
  const sending = ref<string>()
  const durable = ref(true)
  const account = () => session.me?.account.id
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | undefined

  const opened = openStorage().then((storage) => {
    durable.value = storage.durable
    return storage
  })
  async function show(storage: Storage): Promise<void> {
    const all = await storage.entries()
    entries.value = all.filter((one) => one.account === account()).sort((a, b) => b.savedAt - a.savedAt)
    others.value = all.length - entries.value.length
  }
  async function change(act: (storage: Storage) => Promise<void>): Promise<void> {
    const storage = await opened
    await act(storage)
    await show(storage)
  }

  async function round(quiet: string | undefined, outcomes: Map<string, Outcome>): Promise<void> {
    const storage = await opened
    const me = account()
    clearTimeout(timer)
    if (!me || session.state !== 'in') return
    const result = await oneTabAtATime(() =>
      sendAll(storage, server, me, (entry, outcome) => {
        sending.value = outcome ? undefined : entry.id
        if (!outcome) return
        outcomes.set(entry.id, outcome)
        if (outcome.kind === 'waiting') return
        // What the phone showed of it is out of date, done or refused.
        void readAgain(entry.operation as ActId)
        if (entry.id === quiet) return
        const title = kindOf(entry.operation)?.title(entry) ?? t('outbox.unknown')
        notify.done(t(outcome.kind === 'sent' ? 'outbox.sent' : 'outbox.refused_toast', { title }))
      }),
    ).finally(() => (sending.value = undefined))
    await show(storage)
    failures = result === 'waiting' ? failures + 1 : 0
    if (result === 'waiting') timer = setTimeout(() => void go(), pause(failures))
  }
  /** One round at a time; `quiet` is the entry whose page tells the outcome itself. */
  async function go(quiet?: string): Promise<Map<string, Outcome>> {
    const outcomes = new Map<string, Outcome>()
    const before = running
    const mine = (async () => {
      await before?.catch(() => undefined)
      await round(quiet, outcomes)
    })()
    running = mine
    try {
      await mine
    } finally {
      if (running === mine) running = undefined
    }
    return outcomes
  }
  const restart = () => {
    failures = 0
    void go().catch(() => undefined)
  }

  watch(
    () => [session.state, account()] as const,
    ([state]) => {
      void opened.then(async (storage) => {
        if (state === 'out') await storage.forget()
        await show(storage)
        if (state === 'in') restart()
      })
    },
    { immediate: true },
  )
  window.addEventListener('online', restart)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') restart()
  })

  return {
    entries,
    others,
    sending,
    durable,
    waiting: computed(() => entries.value.filter((one) => one.state === 'waiting').length),
    refused: computed(() => entries.value.filter((one) => one.state === 'refused').length),
    find: async (operation, name) => (await opened).entry(entryId(account() ?? '', operation, name)),
    saveDraft: (draft) =>
      change(async (storage) => {
        const me = account()
        if (!me) return
        const before = await storage.entry(entryId(me, draft.operation, draft.name))
        if (kindOf(draft.operation)?.empty(draft)) {
          if (before?.state === 'draft') await storage.remove(before.id)
          return
        }
        const next = entryOf(me, draft, Date.now())
        // What the server said stays beside it until it is sent again.
        await storage.keep(before?.fault ? { ...next, fault: before.fault } : next)
      }),
    submit: async (draft) => {
      const me = account()
      if (!me) return undefined
      const entry: Entry = {
        ...entryOf(me, draft, Date.now()),
        state: 'waiting',
        doneAt: wire(new Date()),
      }
      try {
        await change((storage) => storage.keep(entry))
      } catch {
        // No room on the phone: what can be sent at once is sent, the rest stays on the page.
        durable.value = false
        const outcome = await send(memoryStorage(), server, entry)
        if (outcome.kind === 'waiting') throw outcome.problem
        return outcome
      }
      failures = 0
      return (await go(entry.id)).get(entry.id)
    },
    reopen: (id) =>
      change(async (storage) => {
        const entry = await storage.entry(id)
        if (entry) await storage.keep({ ...entry, state: 'draft' })
      }),
    remove: (id) => change((storage) => storage.remove(id)),
    sendNow: async () => {
      failures = 0
      await go()
    },
    remember: async (name, value) => {
      const me = account()
      if (!me) return
      // What was read comes wrapped by the framework; the database takes plain values only.
      const plain: unknown = JSON.parse(JSON.stringify(value))
      await (await opened).remember(`${me}/${name}`, { at: Date.now(), value: plain })
    },
    recall: async <T>(name: string) =>
      (await (await opened).recall(`${account() ?? ''}/${name}`)) as { at: number; value: T } | undefined,
  }
}

let outbox: Outbox | undefined
/** The one outbox of this phone; begins to send when it is first asked for. */
export function useOutbox(): Outbox {
  outbox ??= make()
  return outbox
}

import { newKey, Problem } from '@/api'
import { problemText } from '@/shared/problems'
import { t } from '@/shared/i18n'
import type { Entry, KeptFile } from './entry'
import { kindOf } from './kinds'
import type { Storage } from './storage'

/** What the sender asks of the server; each throws a `Problem`. */
export interface Server {
  upload(file: KeptFile): Promise<string>
  act(entry: Entry, body: object): Promise<unknown>
}

export type Outcome =
  { kind: 'sent' } | { kind: 'waiting'; problem: Problem } | { kind: 'refused'; problem: Problem }

/** A phone whose clock is ahead names a moment that has not come. Sent at once, the server's own clock serves. */
const freshMilliseconds = 120_000

const names = (problem: Problem, field: string) =>
  problem.status === 422 && problem.errors.some((one) => one.field.startsWith(field))

/** A problem as it is kept beside an entry. */
export function faultOf(problem: Problem): { code: string; message: string } {
  const words = [problemText(problem), ...problem.errors.map((one) => one.message)]
  return { code: problem.code, message: [...new Set(words)].join(' ') }
}

/** Sends one entry: files first, then the act. Every step is kept before the next, so that a break
 * anywhere goes on from there, and every request carries its own key, so that none counts twice. */
export async function send(
  storage: Storage,
  server: Server,
  given: Entry,
  now: () => number = Date.now,
): Promise<Outcome> {
  let entry = given
  const how = kindOf(given.operation)
  if (!how) {
    // Kept by another version of the pages: nothing is lost, and nothing is promised.
    const problem = new Problem({ code: 'not_carried', title: t('outbox.unknown') }, 422)
    await storage.keep({ ...entry, state: 'refused', fault: faultOf(problem) })
    return { kind: 'refused', problem }
  }
  for (let attempt = 0; ; attempt += 1) {
    try {
      for (const file of entry.files) {
        if (file.attachment) continue
        const attachment = await server.upload(file)
        entry = {
          ...entry,
          files: entry.files.map((one) => (one.key === file.key ? { ...one, attachment } : one)),
        }
        await storage.keep(entry)
      }
      await server.act(entry, how.request(entry))
      await storage.remove(entry.id)
      return { kind: 'sent' }
    } catch (thrown) {
      const problem = Problem.of(thrown)
      if (attempt === 0 && names(problem, how.fields.moment) && now() - entry.savedAt < freshMilliseconds) {
        entry = { ...entry, doneAt: null, key: newKey() }
        await storage.keep(entry)
        continue
      }
      // The server no longer has the files (the entry waited too long): they go up once more.
      if (attempt === 0 && names(problem, `${how.fields.files}[`)) {
        entry = {
          ...entry,
          key: newKey(),
          files: entry.files.map(({ type, bytes }) => ({ key: newKey(), type, bytes })),
        }
        await storage.keep(entry)
        continue
      }
      const kind = problem.refused ? 'refused' : 'waiting'
      await storage.keep({ ...entry, state: kind, fault: faultOf(problem) })
      return { kind, problem }
    }
  }
}

/** Sends all that waits for one account, the oldest first, and stops where the server cannot be reached. */
export async function sendAll(
  storage: Storage,
  server: Server,
  account: string,
  each: (entry: Entry, outcome?: Outcome) => void = () => undefined,
  now: () => number = Date.now,
): Promise<'clear' | 'waiting'> {
  const waiting = (await storage.entries())
    .filter((entry) => entry.account === account && entry.state === 'waiting')
    .sort((a, b) => a.savedAt - b.savedAt)
  let left = false
  for (const { id } of waiting) {
    // Read again: it may have been sent or taken back meanwhile.
    const entry = await storage.entry(id)
    if (!entry || entry.state !== 'waiting') continue
    each(entry)
    const outcome = await send(storage, server, entry, now)
    each(entry, outcome)
    if (outcome.kind !== 'waiting') continue
    left = true
    if (outcome.problem.code === 'network' || outcome.problem.status === 401) return 'waiting'
  }
  return left ? 'waiting' : 'clear'
}

/** Milliseconds until the next try after so many that failed. */
export function pause(failures: number): number {
  return Math.min(300_000, 10_000 * 2 ** Math.max(0, failures - 1))
}

export const upload = (photo: KeptFile): FormData => {
  const form = new FormData()
  form.set(
    'file',
    new Blob([photo.bytes], { type: photo.type }),
    photo.type === 'image/png' ? 'photo.png' : 'photo.jpg',
  )
  return form
}

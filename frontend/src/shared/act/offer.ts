import { shallowRef } from 'vue'
import { notify } from '@/shared/notify'

export interface Offer {
  /** What has been done. */
  text: string
  undo: () => Promise<void>
  close: () => void
}

/** Long enough to read it and to reach the button by keyboard. */
const stands = 30_000

/** What can be taken back now; both frames show it. */
export const offer = shallowRef<Offer>()
let timer: ReturnType<typeof setTimeout> | undefined

function end(): void {
  clearTimeout(timer)
  offer.value = undefined
}

/** Says what was done and that it can be taken back, until something else is offered, or half a minute. */
export function offerUndo(text: string, undo: () => Promise<unknown>): void {
  end()
  if (frames === 0) return notify.done(text)
  offer.value = {
    text,
    undo: async () => {
      end()
      await undo()
    },
    close: end,
  }
  timer = setTimeout(end, stands)
}

/** Frames that show it: one comes before the other goes, and one may be made and thrown away unseen. */
let frames = 0
/** Where no frame shows the offer, what was done is only said. */
export function showsOffers(shows: boolean): void {
  frames = Math.max(0, frames + (shows ? 1 : -1))
  if (frames === 0) end()
}

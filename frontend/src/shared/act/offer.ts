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
  if (!shown) return notify.done(text)
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

let shown = false
/** Where no frame shows the offer, what was done is only said. */
export function showsOffers(shows: boolean): void {
  shown = shows
  if (!shows) end()
}

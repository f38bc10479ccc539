import { Problem } from '@/api'
import { problemText } from './problems'

type Show = (kind: 'done' | 'problem', text: string) => void
let show: Show = () => undefined

/** Each face says how it shows a short message. */
export function setNotifier(next: Show): void {
  show = next
}

/** A short message: that something is done, or what went wrong with it. */
export const notify = {
  done: (text: string) => show('done', text),
  problem: (thrown: unknown) => show('problem', problemText(Problem.of(thrown))),
}

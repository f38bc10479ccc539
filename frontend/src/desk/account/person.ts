import type { Candidate } from '@/api'

interface Named {
  username: string
  display_name: string
}

/** What an account is called once a person is chosen for it: the person's name and the user name proposed. What was
 * typed by hand stays; what only the person chosen before had brought goes with that person. */
export function named(
  { username, display_name }: Named,
  person: Candidate | undefined,
  before: Candidate | undefined,
): Named {
  const take = (typed: string, now: string | undefined, then: string | undefined) =>
    typed.trim() === '' || typed === then ? (now ?? '') : typed
  return {
    username: take(username, person?.username, before?.username),
    display_name: take(display_name, person?.name, before?.name),
  }
}

// One line for each promise that is checked, and their count.
import { writeFileSync } from 'node:fs'

let passed = 0
const failed = []
const started = Date.now()

const say = (line) => process.stdout.write(`${line}\n`)
export const seconds = () => ((Date.now() - started) / 1000).toFixed(1)

/** Ends a journey whose next steps would have no ground to stand on; its failure is counted already. */
class Stop extends Error {}

export function assert(condition, message) {
  if (!condition) throw new Error(typeof message === 'function' ? message() : message)
}
export function same(found, expected, what = 'value') {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what}: expected ${b}, found ${a}`)
}

function fail(name, thrown) {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  failed.push(name)
  say(`not ok ${name}`)
  for (const line of text.split('\n').slice(0, 30)) say(`    ${line}`)
}

/** Waits until `look` gives something true; asks again as soon as the last answer is in and a moment has passed. */
export async function until(look, what, limit = 30_000) {
  const end = Date.now() + limit
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`did not come within ${limit / 1000} s: ${what}`)
    await new Promise((resume) => setTimeout(resume, 100))
  }
}

/**
 * Runs one journey. `check(name, act)` prints a line; a failure ends the journey, except in `check.each`, whose
 * steps stand alone. `act` may return a text that is printed behind the name, as a measured figure.
 */
export async function journey(title, run) {
  say(`# ${title} (${seconds()} s)`)
  const line = (name) => `${title}: ${name}`
  const one = async (name, act) => {
    const found = await act()
    passed += 1
    say(`ok ${line(name)}${typeof found === 'string' ? ` (${found})` : ''}`)
    return found
  }
  const check = async (name, act) => {
    try {
      return await one(name, act)
    } catch (thrown) {
      fail(line(name), thrown)
      throw new Stop()
    }
  }
  check.each = async (name, act) => {
    try {
      return await one(name, act)
    } catch (thrown) {
      fail(line(name), thrown)
      return undefined
    }
  }
  try {
    await run(check)
    return true
  } catch (thrown) {
    if (!(thrown instanceof Stop)) fail(line('runs to its end'), thrown)
    return false
  }
}

/** Prints the count; gives the exit status. */
export function close() {
  for (const name of failed) say(`failed: ${name}`)
  say(`${passed} passed, ${failed.length} failed, ${seconds()} s`)
  say(`counted: ${passed} ok, ${failed.length} broken`)
  return failed.length === 0 && passed > 0 ? 0 : 1
}

/** Keeps what helps to understand a failure. */
export function keep(path, text) {
  writeFileSync(path, text)
}

// Walks what people do, in a real browser, against a fresh server. Prints a line for each promise, then the count.
import { close, journey, seconds } from './support/checks.mjs'
import { launch, Person } from './support/browser.mjs'
import { signInByApi, startServer } from './support/server.mjs'
import * as activity from './journeys/activity.mjs'
import * as checklist from './journeys/checklist.mjs'
import { integrator } from './journeys/integrator.mjs'
import { offline } from './journeys/offline.mjs'
import { lists } from './journeys/lists.mjs'
import { announce } from './journeys/notice.mjs'
import * as pages from './journeys/pages.mjs'
import { firstDay } from './journeys/first-day.mjs'
import { slowly } from './journeys/slow.mjs'
import { roster } from './journeys/roster.mjs'

/** The journeys that hang on the day alone: for a run over many days. */
const day = process.argv.includes('--day')
let server
let browser
/** A journey that broke off leaves what its people last saw. */
async function walked(name, result) {
  if (!result) await Person.leaveTraces(name)
  return result
}

try {
  const api = {}
  await journey('start', async (check) => {
    await check('a fresh server with the demonstration township', async () => {
      server = await startServer()
      return `${new Date(Date.now() + server.ahead).toISOString()}, ${seconds()} s`
    })
    await check('Chromium', async () => {
      browser = await launch()
      return browser.version()
    })
    await check('the accounts of the demonstration open', async () => {
      const names = {
        clerk: 'clerk',
        head: 'sub_head',
        steward: 'grid_head',
        worker: 'worker',
        member: 'member',
      }
      for (const [name, username] of Object.entries(names)) api[name] = await signInByApi(server, username)
    })
  })
  if (api.member) {
    // Before anybody else is at work: it takes times.
    if (!day) await slowly(browser, server)
    // Checking in comes first, so that a minute has passed when the member checks out at the end.
    const arrived = await walked('check-in', await activity.arrive(browser, server, api))
    const clerk = await walked('desk', await checklist.publish(browser, server, api))
    const submitted = clerk && (await walked('submit', await checklist.submit(browser, server)))
    if (submitted) {
      await walked('verify', await checklist.verify(clerk, submitted, api))
      await walked('offline', await offline(browser, server, submitted.head, api))
    }
    if (clerk) await walked('verify-all', await checklist.verifyAll(clerk, server, api))
    if (clerk && !day) await walked('roster', await roster(clerk, api))
    if (clerk && !day) await walked('lists', await lists(clerk, api))
    if (clerk && submitted && arrived && !day) {
      await walked('notice', await announce(clerk, submitted.head, arrived.member, api))
    }
    if (!day) await integrator(browser, server)
    if (clerk && submitted && arrived && !day) {
      await Promise.all([
        pages.desk(browser, server, clerk, api),
        pages.hand(browser, server, submitted.head, arrived.member, arrived.steward, api),
      ])
    }
    if (!day) {
      await pages.docs(browser, server)
      await walked('first-day', await firstDay(browser))
    }
    if (arrived) await walked('check-out', await activity.leave(arrived, api))
  }
} catch (thrown) {
  process.stdout.write(`not ok the run came to its end\n${thrown?.stack ?? thrown}\n`)
  process.exitCode = 1
} finally {
  await browser?.close().catch(() => undefined)
  await server?.stop()
}
process.exitCode = close() || process.exitCode || 0

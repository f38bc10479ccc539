// An old phone on a bad network: what goes over the wire, and how long one waits.
import { Person } from '../support/browser.mjs'
import { assert, journey, same, until } from '../support/checks.mjs'

/** Slow 3G, and a processor six times slower than this one. */
const network = {
  offline: false,
  latency: 400,
  downloadThroughput: 400_000 / 8,
  uploadThroughput: 400_000 / 8,
}
const processor = 6

/** How often a time is taken before it counts as too long. What else the machine does can only make it longer, so that the
 * shortest is the nearest to the truth; bytes are the same each time. */
const turns = 3

/** Somebody whose browser keeps no page but in its own cache: a service worker would help, and many phones' browsers within
 * another app have none. */
const arrive = (browser, server, face, name) =>
  Person.arrive(browser, server, face, name, { serviceWorkers: 'block' })

/** Makes the browser as slow as an old phone, and counts the JavaScript that comes over its wire. */
async function slow(person) {
  const wire = await person.context.newCDPSession(person.page)
  await wire.send('Network.enable')
  await wire.send('Network.emulateNetworkConditions', network)
  await wire.send('Emulation.setCPUThrottlingRate', { rate: processor })
  const scripts = new Set()
  let bytes = 0
  wire.on('Network.responseReceived', ({ requestId, response }) => {
    if (new URL(response.url).pathname.endsWith('.js')) scripts.add(requestId)
  })
  wire.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength
  })
  // The page's work by the wall's clock and by what its thread was given: the difference went to others on this machine.
  const clocks = []
  for (const timeDomain of ['timeTicks', 'threadTicks']) {
    const clock = await person.context.newCDPSession(person.page)
    await clock.send('Performance.enable', { timeDomain })
    clocks.push(async () => {
      const { metrics } = await clock.send('Performance.getMetrics')
      return metrics.find((one) => one.name === 'TaskDuration').value
    })
  }
  return {
    kept: async () => {
      const [wall, thread] = await Promise.all(clocks.map((clock) => clock()))
      return Math.max(0, wall - thread)
    },
    forget: () => wire.send('Network.clearBrowserCache'),
    bytes: () => bytes,
  }
}

/** Opens an address; gives the seconds until something stood there and until it could be used, how far things were pushed about, and
 * how high the bar was at first and at last. */
async function open(person, slowed, path, bar, ready) {
  const { page } = person
  await page.goto(person.server.base + path, { waitUntil: 'commit' })
  // From here on, since a page counts its work anew.
  const before = await slowed.kept()
  const first = await page.locator('.first b').boundingBox()
  await page.locator(ready).first().waitFor({ state: 'visible', timeout: 60_000 })
  const usable = await page.evaluate(() => performance.now() / 1000)
  const others = (await slowed.kept()) - before
  const found = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint')
    return new Promise((resume) => {
      new PerformanceObserver((list) => {
        const pushed = list.getEntries().reduce((sum, one) => sum + one.value, 0)
        resume({ paint: paint.startTime / 1000, pushed })
      }).observe({ type: 'layout-shift', buffered: true })
      setTimeout(() => resume({ paint: paint.startTime / 1000, pushed: 0 }), 200)
    })
  })
  const last = await page.locator(bar).first().boundingBox()
  await until(() => person.open.size === 0, `an end of requests at ${path}`)
  return { ...found, usable: usable - others, others, first, last }
}

/** The shortest of at most three times, and a word on it. */
async function within(limits, measure) {
  let best
  for (let turn = 0; turn < turns; turn += 1) {
    const found = await measure()
    best = best && best.usable < found.usable ? { ...best, paint: Math.min(best.paint, found.paint) } : found
    if (best.paint <= limits.paint && best.usable <= limits.usable) break
  }
  const said = `painted after ${best.paint.toFixed(1)} s, usable after ${best.usable.toFixed(1)} s and ${best.others.toFixed(1)} of others`
  assert(best.paint <= limits.paint, () => `${said}; something should stand there within ${limits.paint} s`)
  assert(best.usable <= limits.usable, () => `${said}; within ${limits.usable} s it should be of use`)
  same(best.last.y + best.last.height, best.first.y + best.first.height, 'foot of the bar at last')
  assert(best.pushed < 0.1, () => `things were pushed about: ${best.pushed}`)
  return { ...best, said }
}

export const slowly = (browser, server) =>
  journey('slow 3G, old phone', async (check) => {
    await check.each('signing in on the phone: 110 kB of scripts, painted within 2 s', async () => {
      let bytes
      const found = await within({ paint: 2, usable: 6 }, async () => {
        const guest = await arrive(browser, server, 'hand', 'guest')
        const wire = await slow(guest)
        const times = await open(guest, wire, '/hand/', '.brand', '#username')
        bytes = wire.bytes()
        guest.quiet()
        await guest.context.close()
        return times
      })
      assert(bytes > 10_000 && bytes <= 110_000, `${bytes} bytes of JavaScript`)
      return `${(bytes / 1000).toFixed(1)} kB, ${found.said}`
    })

    const head = await arrive(browser, server, 'hand', 'sub_head')
    await head.signIn()
    const phone = await slow(head)
    await check.each(
      'the inbox, nothing of it on the phone: painted within 2 s, of use within 6',
      async () => {
        const { said } = await within({ paint: 2, usable: 6 }, async () => {
          await phone.forget()
          return open(head, phone, '/hand/', '.page-header', 'a.row')
        })
        return said
      },
    )
    await check.each('the inbox once more: of use within 2.5 s', async () => {
      const { said } = await within({ paint: 2, usable: 2.5 }, () =>
        open(head, phone, '/hand/', '.page-header', 'a.row'),
      )
      head.quiet()
      return said
    })
    await head.context.close()

    const clerk = await arrive(browser, server, 'desk', 'clerk')
    await clerk.signIn()
    const desk = await slow(clerk)
    await check.each(
      "the desk's first page: 250 kB of scripts, painted within 2 s, of use within 8",
      async () => {
        let bytes
        const { said } = await within({ paint: 2, usable: 8 }, async () => {
          await desk.forget()
          const before = desk.bytes()
          const times = await open(clerk, desk, '/', '.top', 'main h1')
          bytes = desk.bytes() - before
          return times
        })
        assert(bytes > 10_000 && bytes <= 250_000, `${bytes} bytes of JavaScript`)
        clerk.quiet()
        return `${(bytes / 1000).toFixed(1)} kB, ${said}`
      },
    )
    await clerk.context.close()
  })

// What the page for integrators tells them to type does what it says.
import { assert, journey, same } from '../support/checks.mjs'

/** A curl command of the guide as a request: the words as a shell would part them. */
function parse(command) {
  const words = [...command.replace(/\\\n/g, ' ').matchAll(/'([^']*)'|(\S+)/g)].map((one) => one[1] ?? one[2])
  const request = { method: 'GET', headers: {}, url: '' }
  for (let i = 1; i < words.length; i += 1) {
    if (words[i] === '-X') request.method = words[(i += 1)]
    else if (words[i] === '-d') request.body = words[(i += 1)]
    else if (words[i] === '-H') {
      const [name, value] = words[(i += 1)].split(/:\s*/)
      request.headers[name] = value
    } else if (words[i] !== '-s') request.url = words[i]
  }
  return request
}

export async function integrator(browser, server) {
  await journey('integrator', async (check) => {
    let commands = []
    await check('the guide opens, and asks nothing of elsewhere', async () => {
      const page = await browser.newPage()
      const outside = []
      page.on('request', (request) => {
        if (!request.url().startsWith(server.base)) outside.push(request.url())
      })
      await page.goto(`${server.base}/docs/guide`)
      const blocks = await page.locator('pre').allInnerTexts()
      // What else stands there is for a page of one's own.
      const typed = blocks.filter((text) => text.startsWith('curl '))
      commands = typed.flatMap((text) => text.split(/\n(?=curl )/)).map(parse)
      await page.close()
      same(outside, [], 'requests')
      same(commands.length, 5, 'commands')
    })
    const run = async ({ method, headers, body, url }, put) => {
      const answer = await fetch(url.replace('https://HOST', server.base), {
        method,
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name, value.replace('…', put)]),
        ),
        ...(body ? { body: body.replace('…', put) } : {}),
      })
      const text = await answer.text()
      assert(answer.ok, `${method} ${url}: ${answer.status} ${text}`)
      return JSON.parse(text)
    }
    let signed
    await check('a token is got with name and password', async () => {
      signed = await run(commands[0], server.password)
      assert(signed.access_token && signed.refresh_token, 'no tokens')
    })
    await check('and renewed', async () => {
      const next = await run(commands[1], signed.refresh_token)
      assert(next.refresh_token !== signed.refresh_token, 'the refresh token is not a new one')
      signed = next
    })
    await check('the grids are those that the clerk sees', async () => {
      const { items } = await run(commands[2], signed.access_token)
      const count = (kind) => items.filter((one) => one.kind === kind).length
      same([count('general'), count('sub')], [14, 89], 'general and sub-grids')
    })
    await check('the late tasks are late', async () => {
      const { items } = await run(commands[3], signed.access_token)
      assert(
        items.every((one) => one.late),
        'not all are late',
      )
      return `${items.length} of them`
    })
    await check('what has changed is told with its evidence', async () => {
      const { items, as_of } = await run(commands[4], signed.access_token)
      assert(
        as_of && items.every((one) => Array.isArray(one.submissions)),
        'no as_of, or not all with what was handed in',
      )
      return `${items.length} of them`
    })
  })
}

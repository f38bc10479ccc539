// Chromium, and the people who sit before it.
import { mkdirSync } from 'node:fs'
import { assert, keep, until } from './checks.mjs'
import { AxeBuilder, chromium, root } from './packages.mjs'

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking', '--disable-gpu', '--disable-dev-shm-usage'],
  })

const screens = {
  desk: { viewport: { width: 1366, height: 768 } },
  hand: { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
}
export const homes = { desk: '/', hand: '/hand/' }

/** Somebody before a screen: a browser of their own, everything that goes wrong in it noted. */
export class Person {
  static all = []

  constructor(server, face, name, context, page) {
    Object.assign(this, { server, face, name, context, page })
    this.noted = []
    this.expected = []
    this.open = new Set()
    this.taps = 0
    Person.all.push(this)
  }

  static async arrive(browser, server, face, name, more = {}) {
    const context = await browser.newContext({
      ...screens[face],
      locale: 'zh-CN',
      timezoneId: 'Asia/Shanghai',
      reducedMotion: 'reduce',
      acceptDownloads: true,
      ...more,
    })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    const person = new Person(server, face, name, context, page)
    await person.setClock()
    await person.watch()
    return person
  }

  /** The pages' clock is the server's, not the machine's: whatever asks for the present gets it moved by as much. Timers
   * stay as they are, since it runs no faster. */
  async setClock() {
    await this.context.addInitScript((ahead) => {
      const Machine = Date
      const now = () => Machine.now() + ahead
      window.Date = new Proxy(Machine, {
        construct: (_, given, target) => Reflect.construct(Machine, given.length > 0 ? given : [now()], target),
        apply: () => new Machine(now()).toString(),
        get: (_, name) => (name === 'now' ? now : Reflect.get(Machine, name)),
      })
      Machine.prototype.constructor = window.Date
    }, this.server.ahead)
  }

  async watch() {
    const { context, server } = this
    const note = (text) => {
      if (!this.expected.some((one) => one.test(text))) this.noted.push(`${text} [${this.page.url()}]`)
    }
    // The page's own policy, whatever the console makes of it.
    await context.exposeBinding('gezhiViolation', (_source, text) => note(`policy: ${text}`))
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        window.gezhiViolation(`${event.violatedDirective} ${event.blockedURI}`)
      })
    })
    context.on('console', (message) => {
      if (message.type() === 'error') note(`console: ${message.text()} ${message.location().url ?? ''}`)
    })
    context.on('weberror', (error) => note(`error: ${error.error().message}`))
    context.on('request', (request) => {
      this.open.add(request)
      const address = request.url()
      if (!/^(data|blob):/.test(address) && !address.startsWith(`${server.base}/`))
        note(`leaves the origin: ${address}`)
    })
    const over = (request) => this.open.delete(request)
    context.on('requestfinished', over)
    context.on('requestfailed', over)
  }

  /** Goes to an address of this server and waits until the page is whole. */
  async go(path) {
    await this.page.goto(this.server.base + path)
    await this.settled()
  }

  /** The page has its heading, no skeleton, and nothing is under way. */
  async settled() {
    await this.page.waitForFunction(
      () =>
        document.querySelector('h1') &&
        !document.querySelector('.skeleton, .bone, [aria-busy="true"], .el-loading-mask'),
    )
    await until(() => this.open.size === 0, `an end of requests at ${this.page.url()}`)
    await this.page.waitForFunction(() => !document.querySelector('.skeleton, .bone, [aria-busy="true"]'))
    await this.still()
  }

  /** No colour or place is on its way to another. */
  async still() {
    await this.page.evaluate(
      () =>
        new Promise((resume) => {
          // Two frames: what was just changed has begun to move by then.
          requestAnimationFrame(() => requestAnimationFrame(resume))
        }),
    )
    await this.page.waitForFunction(() =>
      document
        .getAnimations()
        .every((one) => one.playState !== 'running' || one.effect.getComputedTiming().endTime === Infinity),
    )
  }

  /** Changes the dress of the page as it stands, as the preference does. */
  async wear(dress, on) {
    await this.page.evaluate(
      ([name, yes]) => document.documentElement.classList.toggle(name, yes),
      [dress, on],
    )
    await this.still()
  }

  /** Signs in by hand: the township stands there already. */
  async signIn(path = homes[this.face]) {
    const { page } = this
    await page.goto(this.server.base + path)
    await page.locator('#username').fill(this.name)
    await page.locator('#password').fill(this.server.password)
    await page.waitForFunction(() => document.querySelector('#township').value !== '')
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
    await this.settled()
  }

  /** One touch, counted. */
  async tap(locator) {
    this.taps += 1
    await locator.tap()
  }

  button(name, options = {}) {
    return this.page.getByRole('button', { name, exact: typeof name === 'string', ...options })
  }
  link(name, options = {}) {
    return this.page.getByRole('link', { name, exact: typeof name === 'string', ...options })
  }
  text(text, options = {}) {
    return this.page.getByText(text, options)
  }

  /** Nothing went wrong in this browser so far. */
  quiet() {
    const found = [...new Set(this.noted)]
    this.noted = []
    assert(found.length === 0, () => found.join('\n'))
  }

  /** axe's serious and critical findings of the page as it stands. */
  async axe(rules) {
    // There are no frames of elsewhere to look into: axe runs in the page itself, and tells only what is wrong.
    const builder = new AxeBuilder({ page: this.page })
      .setLegacyMode()
      .options({ resultTypes: ['violations'] })
    if (rules) builder.withRules(rules)
    const { violations } = await builder.analyze()
    const grave = violations.filter((one) => one.impact === 'serious' || one.impact === 'critical')
    return grave.flatMap((one) =>
      one.nodes
        .slice(0, 4)
        .map((node) => `${one.impact} ${one.id}: ${node.target.join(' ')} ${node.html.slice(0, 160)}`),
    )
  }

  static async leaveTraces(name) {
    const folder = `${root}target/e2e`
    mkdirSync(folder, { recursive: true })
    for (const person of Person.all) {
      if (person.page.isClosed()) continue
      const file = `${folder}/${name}-${person.face}-${person.name}`
      await person.page.screenshot({ path: `${file}.png`, timeout: 5_000 }).catch(() => undefined)
      const text = await person.page.content().catch(() => '')
      keep(`${file}.html`, `<!-- ${person.page.url()} -->\n${text}`)
    }
  }
}

/** A picture as a phone's camera gives it. */
export async function photo(browser) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  await page.setContent(
    '<body style="margin:0;background:linear-gradient(160deg,#9cc7e8 40%,#6f8f5f 40%);height:900px"><h1>消防通道</h1>',
  )
  const buffer = await page.screenshot({ type: 'jpeg', quality: 80 })
  await page.close()
  return { name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer }
}

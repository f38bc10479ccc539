// Every list of the desk: ordered by its headings, taken away as a workbook, and never wider than its page, whatever names are in it.
import { readFileSync } from 'node:fs'
import { assert, journey, same } from '../support/checks.mjs'

/** Fifty characters without a place to break. */
const long = '格'.repeat(49) + '长'
const latin = 'W'.repeat(50)

/** 683 px is what a page of 1366 px has at 200 %. */
const widths = [1366, 800, 683, 360]
const pages = [
  '/people',
  '/tasks',
  '/tasks/to-verify',
  '/checklists',
  '/activities',
  '/notices',
  '/points',
  '/points/rules',
  '/points/entries',
]

/** By how much something is wider than its place: the page, or a box that would have to be scrolled. */
const wider = (page) =>
  page.evaluate(() => {
    const root = document.documentElement
    const boxes = [...document.querySelectorAll('.table-box')].map((box) => box.scrollWidth - box.clientWidth)
    return Math.max(root.scrollWidth - root.clientWidth, ...boxes)
  })

export async function lists(clerk, api) {
  const { page } = clerk
  await journey('desk, lists', async (check) => {
    await check('people, an activity and a notice with the longest of names', async () => {
      for (const [number, name] of [
        ['LONG1', long],
        ['LONG2', latin],
      ]) {
        await api.clerk.post('/members', {
          number,
          name,
          category: 'resident',
        })
      }
      const day = 86_400_000
      const at = (days) =>
        new Date(Date.now() + clerk.server.ahead + days * day).toISOString().slice(0, 19) + 'Z'
      await api.clerk.post('/activities', {
        title: latin,
        place: long,
        starts_at: at(20),
        ends_at: at(20.1),
      })
      await api.clerk.post('/notices', {
        title: latin,
        text: long,
        roles: ['leader'],
      })
    })
    await check('a heading orders the list, turns it round, and lets it be as it was', async () => {
      await clerk.go('/people')
      const heading = page.getByRole('columnheader', { name: '姓名' })
      const orders = []
      for (let turn = 0; turn < 3; turn += 1) {
        await heading.getByRole('button').click()
        await clerk.settled()
        orders.push([await heading.getAttribute('aria-sort'), new URL(page.url()).searchParams.get('sort')])
      }
      same(
        orders,
        [
          ['ascending', 'name'],
          ['descending', '-name'],
          ['none', null],
        ],
        'orders',
      )
    })
    await check('it is taken away as a workbook with the filters that are set: two clicks', async () => {
      await page.getByRole('searchbox').fill('LONG')
      await clerk.settled()
      await clerk.button('导出').click()
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: 'Excel 表格' }).click(),
      ])
      const name = file.suggestedFilename()
      assert(/人员名册\d{8}\.xlsx$/.test(name), name)
      const bytes = readFileSync(await file.path())
      same(bytes.subarray(0, 2).toString(), 'PK', 'a workbook')
      return name
    })
    await check('it says how many there are', async () => {
      const { total } = await api.clerk.get('/members?total=true&limit=1')
      await clerk.go('/people')
      await page
        .getByText(new RegExp(`共 ${total} `))
        .first()
        .waitFor()
    })
    for (const width of widths) {
      await check(`nothing is pushed off a page of ${width} px`, async () => {
        await page.setViewportSize({ width, height: 768 })
        const over = []
        for (const path of pages) {
          const most = path === '/people' ? '/people?q=LONG' : path
          await clerk.go(most)
          const by = await wider(page)
          if (by > 0) over.push(`${path} by ${by} px`)
        }
        same(over, [], `too wide at ${width}`)
      })
    }
    await page.setViewportSize({ width: 1366, height: 768 })
  })
}

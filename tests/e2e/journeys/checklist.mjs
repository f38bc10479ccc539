// The clerk publishes a list at the desk; a grid head hands in on the phone; what is verified becomes points.
import { assert, journey, same, until } from '../support/checks.mjs'
import { Person, photo } from '../support/browser.mjs'
import { signInByApi } from '../support/server.mjs'

export const written = '检查消防通道和电动自行车充电点'
export const pasted = '走访独居老人,记录需要帮助的事项'
const third = '召开冬季安全工作例会'
const list = '冬季安全责任清单'

/** A table as Excel puts it on the clipboard. */
const block = [
  ['序号', '事项', '责任人', '频次', '佐证', '时限', '积分'],
  ['1', pasted, '子网格长', '一次', '文字说明', '5个工作日', '1分'],
  ['2', third, '总网格长', '每月', '文字', '10个工作日', '2分'],
]
  .map((row) => row.join('\t'))
  .join('\n')

export async function publish(browser, server, api) {
  const clerk = await Person.arrive(browser, server, 'desk', 'clerk')
  const { page } = clerk
  const good = await journey('desk', async (check) => {
    await check('a wrong password is refused in words', async () => {
      clerk.expected = [/status of 401/]
      await page.goto(`${server.base}/`)
      await page.locator('#username').fill('clerk')
      await page.locator('#password').fill('not-the-password')
      await clerk.button('登录').click()
      await page
        .getByRole('alert')
        .filter({ hasText: /用户名|密码/ })
        .waitFor()
      same(await page.locator('#username').inputValue(), 'clerk', 'what was typed')
    })
    await check('the clerk signs in by hand', async () => {
      await clerk.signIn()
      clerk.expected = []
      await page.getByRole('heading', { name: '今日', exact: true }).waitFor()
    })
    await check('home says in sentences what needs a decision', async () => {
      const home = await api.clerk.get('/home')
      await clerk.link(`${home.vacancy_count} 个岗位空缺`).waitFor()
      // After a long holiday nothing may be late yet; then nothing is said of it.
      same(
        await page.locator('.matters a', { hasText: '项任务已逾期' }).count(),
        home.tasks_late > 0 ? 1 : 0,
        'sentences on what is late',
      )
      return `${home.tasks_late} late, ${home.vacancy_count} vacant`
    })
    await check('a number leads to the list that it counts', async () => {
      const { vacancy_count: vacant } = await api.clerk.get('/home')
      await clerk.link(`${vacant} 个岗位空缺`).click()
      await page.waitForURL(/\/grids\?.*vacant=true/)
      await page.getByText(`${vacant} 个岗位空缺`).waitFor()
      await clerk.settled()
      same(await page.locator('.beside li').count(), vacant, 'vacancies listed')
      const { tasks_late: late } = await api.clerk.get('/home')
      await clerk.go('/tasks?late=true')
      same(await page.locator('tbody tr').count(), Math.min(50, late), 'late tasks listed')
    })
    await check('the town has 14 general grids and 89 sub-grids', async () => {
      await clerk.link('网格').click()
      await page.getByText(/^14 个总网格，89 个子网格/).waitFor()
      await clerk.settled()
      same(await page.locator('svg path.area').count(), 1 + 14 + 89, 'grids on the map')
    })
    await check('the tree finds a village', async () => {
      await page.getByPlaceholder('按名称或编码查找网格').fill('水库村')
      await page.getByText('水库村党建总网格').first().click()
      await page.waitForURL(/grid=/)
      await page.getByRole('heading', { name: '水库村党建总网格' }).waitFor()
    })

    await check('a list is begun by hand', async () => {
      await clerk.link('清单').click()
      await clerk.button('新建清单').or(clerk.link('新建清单')).first().click()
      await page.waitForURL('**/checklists/new')
      await page.getByLabel('清单名称').fill(list)
      await clerk.button('增加一行').first().click()
      const row = page.locator('table.items tbody tr').first()
      await row.getByLabel(/事项/).fill(written)
      await row.getByLabel(/岗位/).selectOption({ label: '子网格长' })
      await row.getByLabel(/频次/).selectOption({ label: '一次性' })
      await row.getByLabel(/佐证/).selectOption({ label: '照片' })
      await row.getByLabel(/时限/).fill('5')
      await row.getByLabel(/积分/).fill('2')
    })
    await check('the rest is pasted from a table', async () => {
      await clerk.context.grantPermissions(['clipboard-read', 'clipboard-write'])
      await clerk.button('粘贴表格').first().click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('表格内容').click()
      await page.evaluate((text) => navigator.clipboard.writeText(text), block)
      await page.keyboard.press('Control+V')
      await dialog.getByText('识别到 2 项').waitFor()
      await dialog.getByRole('button', { name: '加入清单' }).click()
      await dialog.waitFor({ state: 'hidden' })
      const rows = page.locator('table.items tbody tr')
      same(await rows.count(), 3, 'rows')
      same(await rows.nth(1).getByLabel(/事项/).inputValue(), pasted, 'second row')
      same(await rows.nth(1).getByLabel(/岗位/).inputValue(), 'sub_head', 'its post')
      same(await rows.nth(2).getByLabel(/频次/).inputValue(), 'monthly', 'third row, how often')
      same(await rows.nth(2).getByLabel(/时限/).inputValue(), '10', 'third row, limit')
    })
    let promised = 0
    await check('the preview says who gets what, and when', async () => {
      await clerk.button('保存并预览').click()
      await page.waitForURL('**/publish')
      const sentence = await page.locator('.big', { hasText: '下达给' }).innerText()
      const [, tasks, people] = /发布后，(\d+) 项任务将下达给 (\d+) 人/.exec(sentence) ?? []
      promised = Number(tasks)
      // A sub-grid without a head gets nothing until somebody is appointed.
      same([promised, Number(people)], [86 + 86 + 14, 86 + 14], 'tasks and people')
      same(await page.locator('tbody tr').count(), 3, 'items')
      return `${tasks} tasks for ${people} people`
    })
    await check('the list is published', async () => {
      await clerk.button('发布').click()
      const sure = page.getByRole('dialog')
      await sure.getByText(`下达 ${promised} 项任务`).waitFor()
      await sure.getByRole('button', { name: '发布', exact: true }).click()
      await page.getByRole('heading', { name: '已发布' }).waitFor()
      await page.locator('p.big', { hasText: `${promised} 项任务已下达` }).waitFor()
    })
    await check('the tasks are seen with the grid heads', async () => {
      await clerk.link('查看任务').click()
      await page.getByLabel('事项或责任人').fill(written)
      const rows = page.locator('tbody tr')
      await page.waitForURL(/q=/)
      await page.waitForFunction((title) => {
        const found = [...document.querySelectorAll('tbody tr')]
        return found.length === 50 && found.every((row) => row.textContent.includes(title))
      }, written)
      assert(/待办/.test(await rows.first().innerText()), 'the first is not open')
      await page.waitForFunction(
        (title) => document.querySelector('tbody')?.textContent.includes(title),
        written,
      )
    })
    await check('nothing left the origin, no error, no breach of policy', () => clerk.quiet())
  })
  return good ? clerk : undefined
}

export async function submit(browser, server) {
  const head = await Person.arrive(browser, server, 'hand', 'sub_head')
  const { page } = head
  let before = 0
  const good = await journey('phone, duty with a photo', async (check) => {
    await check('the grid head signs in and reads the balance', async () => {
      await head.signIn()
      await page.getByRole('heading', { name: '待办' }).waitFor()
      await head.link('积分').tap()
      await head.settled()
      before = Number(await page.locator('.balance').innerText())
      await head.link('待办').tap()
      await head.settled()
    })
    await check('the inbox holds the new task, what is late before the rest', async () => {
      const rows = page.locator('a.row')
      await rows.filter({ hasText: written }).waitFor()
      const late = (await rows.allInnerTexts()).map((text) => /逾期/.test(text))
      same(
        late,
        [...late].sort((a, b) => b - a),
        'late rows in their order',
      )
    })
    await check('it is handed in with a photo in at most 3 taps', async () => {
      head.taps = 0
      await head.tap(page.locator('a.row').filter({ hasText: written }))
      await page.getByRole('heading', { name: written }).waitFor()
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        head.tap(page.locator('label.take').first()),
      ])
      await chooser.setFiles(await photo(browser))
      await page.getByRole('img', { name: '照片 1' }).waitFor()
      await head.tap(head.button('提交'))
      await page.getByText('已提交，等待核验').first().waitFor()
      assert(head.taps <= 3, `${head.taps} taps`)
      return `${head.taps} taps, nothing typed`
    })
    await check('it has left the inbox and stands under what is done', async () => {
      await page.waitForURL(/\/hand\/(\?.*)?$/)
      await page.locator('a.row').filter({ hasText: written }).waitFor({ state: 'detached' })
      await head.link('已办').tap()
      await page.locator('a.row').filter({ hasText: written }).filter({ hasText: '待核验' }).waitFor()
    })
    await check('nothing left the origin, no error, no breach of policy', () => head.quiet())
  })
  return good ? { head, before } : undefined
}

export async function verify(clerk, { head, before }, api) {
  return journey('desk and phone, verified', async (check) => {
    await check('the clerk sees the photo and verifies', async () => {
      await clerk.go('/tasks/to-verify')
      const row = clerk.page.getByRole('button', { name: new RegExp(`打开：${written}`) })
      // What is due earlier comes first; more of it may wait than one page shows.
      while ((await row.count()) === 0) {
        await clerk.button('加载更多').click()
        await clerk.settled()
      }
      await row.click()
      const drawer = clerk.page.getByRole('dialog')
      const picture = drawer.getByRole('button', { name: '查看第 1 张照片' }).locator('img')
      await picture.waitFor()
      await until(() => picture.evaluate((image) => image.complete && image.naturalWidth > 0), 'the photo')
      await drawer.getByRole('button', { name: '核验通过' }).click()
      await clerk.page.getByText('已核验通过').first().waitFor()
      await row.waitFor({ state: 'detached' })
    })
    await check('the grid head sees the points and the reason', async () => {
      await head.go('/hand/points')
      const entry = head.page.locator('li').filter({ hasText: written })
      await entry.filter({ hasText: '+2' }).waitFor()
      same(Number(await head.page.locator('.balance').innerText()), before + 2, 'balance')
      return (await entry.locator('a, div').first().innerText()).split('\n')[0]
    })
    await check('the ledger says the same', async () => {
      const { items } = await api.head.get('/points-entries?limit=1')
      same(items[0].amount, 2, 'amount')
      same(items[0].balance_after, before + 2, 'balance after')
      assert(items[0].reason.includes(written), items[0].reason)
    })
    await check('nothing left the origin, no error, no breach of policy', () => {
      clerk.quiet()
      head.quiet()
    })
  })
}

/** More is handed in than a page shows; all that looks right is verified with one button, and nothing else. */
export async function verifyAll(clerk, server, api) {
  const { page } = clerk
  const summary = () => api.clerk.get('/tasks/to-verify/summary')
  return journey('desk, all that looks right', async (check) => {
    let before
    await check('the heads hand in more than a page shows', async () => {
      let handed = 0
      for (let n = 3; handed < 24; n += 1) {
        const head = await signInByApi(server, `cj${String(n).padStart(4, '0')}`)
        const { items } = await head.get('/tasks/inbox?limit=200')
        const task = items.find((one) => one.title === pasted)
        if (!task) continue
        await head.post(`/tasks/${task.id}/submit`, { text: '走访 2 户,无异常。' })
        handed += 1
      }
      before = await summary()
      assert(before.right >= 24, `${before.right} look right`)
    })
    let left
    await check('the page says how many there are, shown or not', async () => {
      await clerk.go('/tasks/to-verify')
      const { total, right } = before
      await clerk
        .text(`共 ${total} 项待核验，其中 ${right} 项按时提交；已选 ${right} 项。`)
        .waitFor()
      same(await page.locator('tbody tr').count(), 20, 'rows shown')
      const ticked = page.locator('tbody input[type=checkbox]:checked')
      await clerk.text(`已选的有 ${right - (await ticked.count())} 项尚未显示`).waitFor()
      const { items } = await api.clerk.get('/tasks/to-verify?limit=20')
      same(await ticked.count(), items.filter((one) => one.looks_right).length, 'ticked on the page')
      return `${total} wait, ${right} look right`
    })
    await check('one is taken out, one comes in meanwhile, all others are verified', async () => {
      const { items } = await api.clerk.get('/tasks/to-verify?limit=20')
      left = items.find((one) => one.looks_right) ?? before.tasks[0]
      const box = page.getByRole('checkbox', { name: `选择：${left.title}（${left.assignee?.member?.name}）` })
      const shown = (await box.count()) > 0
      if (shown) await box.first().uncheck()
      const one = await signInByApi(server, 'worker')
      const { items: owed } = await one.get('/tasks/inbox?limit=200')
      const late = owed.find((task) => task.evidence.some((one) => one.kind === 'text'))
      if (late) await one.post(`/tasks/${late.id}/submit`, { text: '已收集 3 条意见。' })
      const expected = before.right - (shown ? 1 : 0)
      await clerk.button(`通过所选 ${expected} 项`).click()
      await clerk.text(`${expected} 项已核验通过，积分已计入。`).waitFor()
      await clerk.settled()
      const after = await summary()
      same(after.total, before.total - expected + (late ? 1 : 0), 'what waits')
      const waiting = after.tasks.map((task) => task.id)
      if (shown) assert(waiting.includes(left.id), 'what was taken out was verified')
      if (late && !late.late) assert(waiting.includes(late.id), 'what came since was verified unseen')
      return `${expected} with one button`
    })
    await check('nothing left the origin, no error, no breach of policy', () => clerk.quiet())
  })
}

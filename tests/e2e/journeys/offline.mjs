// A duty done where there is no signal: kept on the phone, sent once when the signal is back.
import { assert, journey, same, until } from '../support/checks.mjs'
import { Person } from '../support/browser.mjs'
import { pasted } from './checklist.mjs'

export async function offline(browser, server, head, api) {
  const { page, context } = head
  let task
  let sent = 0
  const count = (answer) => {
    if (answer.request().method() === 'POST' && /\/submit$/.test(answer.url()) && answer.ok()) sent += 1
  }
  const good = await journey('phone, no signal', async (check) => {
    await check('the phone keeps the pages', async () => {
      await head.go('/hand/')
      await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
      await head.go('/hand/')
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
      await page.locator('a.row').filter({ hasText: pasted }).waitFor()
      const { items } = await api.head.get('/tasks/inbox?limit=200')
      task = items.find((one) => one.title === pasted)
    })
    await check('without a signal it is written and submitted', async () => {
      // Opened anew without a signal, the page learns at its first requests, however many are under way, that it needs
      // another token.
      head.expected = [/ERR_INTERNET_DISCONNECTED/, /status of 401 .*\/api\/v1\/(tasks\/|notices\?)/]
      context.on('response', count)
      await context.setOffline(true)
      await page.locator('.offline').filter({ hasText: '没有网络' }).waitFor()
      await page.locator('a.row').filter({ hasText: pasted }).tap()
      await page.getByLabel('说明', { exact: true }).fill('走访 3 户,一户需要换灯。')
      await head.button('提交').tap()
      await page.getByText('没有网络，已存在本机').first().waitFor()
      await page.getByText('1 项待发送').waitFor()
    })
    const moment = await page.evaluate(() => Date.now())
    await check('it is still there after the page was opened anew', async () => {
      await page.reload()
      await page.getByText('1 项待发送').waitFor()
      await page.locator('a.row').filter({ hasText: pasted }).filter({ hasText: '待发送' }).waitFor()
    })
    await check('the server has nothing of it yet', async () => {
      same((await api.clerk.get(`/tasks/${task.id}`)).state, 'open', 'state')
    })
    await check('back in the net it is sent by itself, once', async () => {
      sent = 0
      await context.setOffline(false)
      await until(
        async () => (await api.clerk.get(`/tasks/${task.id}`)).state === 'submitted',
        'the submission',
      )
      await page.getByText('1 项待发送').waitFor({ state: 'detached' })
      await page.locator('a.row').filter({ hasText: pasted }).waitFor({ state: 'detached' })
      context.off('response', count)
      const { log, submission } = await api.clerk.get(`/tasks/${task.id}`)
      same(log.filter((one) => one.kind === 'submitted').length, 1, 'submissions')
      same(sent, 1, 'accepted requests')
      assert(Date.parse(submission.at) <= moment, 'the moment of the act is not the one it was done at')
    })
    await check('nothing left the origin, no error, no breach of policy', () => head.quiet())
    head.expected = []
  })
  if (!good) return
  await journey('phone, verifying', async (check) => {
    const general = await Person.arrive(browser, server, 'hand', 'grid_head')
    await check('the general head confirms what came in, in at most 2 taps', async () => {
      await general.signIn()
      general.taps = 0
      await general.tap(general.link(/^待核验/))
      await general.page.locator('.verify-row').filter({ hasText: pasted }).waitFor()
      await general.settled()
      const waiting = await api.steward.get('/tasks/to-verify/summary')
      await general.text(`共 ${waiting.total} 项待核验，${waiting.right} 项按时提交。`).waitFor()
      await general.tap(general.button(`通过所选 ${waiting.right} 项`))
      await until(async () => (await api.clerk.get(`/tasks/${task.id}`)).state === 'verified', 'the verdict')
      assert(general.taps <= 2, `${general.taps} taps`)
      return `${general.taps} taps`
    })
    await check('nothing left the origin, no error, no breach of policy', () => general.quiet())
    await general.context.close()
  })
}

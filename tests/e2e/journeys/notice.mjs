// The office publishes a notice on the desk; a phone shows that something is unread, and opening it is the receipt.
import { assert, journey, same } from '../support/checks.mjs'

const title = '关于做好寒潮期间独居老人走访的通知'

export async function announce(clerk, head, member, api) {
  const desk = clerk.page
  let notice
  await journey('desk and phone, a notice', async (check) => {
    await check('the clerk publishes it to grid heads and workers', async () => {
      await clerk.go('/notices/new')
      await desk.getByLabel('标题').fill(title)
      await desk.getByLabel('正文').fill('各网格：\n请于明日中午前走访辖区内独居老人。')
      for (const role of ['督导员', '党建办', '在职党员']) await desk.getByText(role, { exact: true }).last().click()
      await clerk.button('发布通知').click()
      await desk.getByRole('heading', { name: title }).waitFor()
      const { items } = await api.clerk.get('/notices?q=' + encodeURIComponent(title))
      notice = items[0]
      same(notice.roles, ['grid_head', 'worker'], 'roles')
    })
    await check('the head finds it unread and opens it: two taps, and nothing is filled in', async () => {
      const { page } = head
      await head.go('/hand/')
      const tab = page.getByRole('navigation').getByRole('link', { name: /通知/ })
      assert(/[1-9]/.test(await tab.innerText()), 'the tab shows that one is unread')
      head.taps = 0
      await head.tap(tab)
      await head.tap(page.locator('a.row').filter({ hasText: title }).filter({ hasText: '未读' }))
      await page.getByText(/记为已读/).waitFor()
      return `${head.taps} taps`
    })
    await check('the desk counts it, and who has read it is one click away', async () => {
      await clerk.go('/notices')
      await desk.getByRole('row', { name: new RegExp(title) }).getByRole('link', { name: '1', exact: true }).click()
      const { items, read, unread } = await api.clerk.get(`/notices/${notice.id}/readers?read=true`)
      same(read, 1, 'read')
      await desk.getByRole('row').filter({ hasText: items[0].username }).waitFor()
      assert(unread > 0, 'others have not')
    })
    await check('it is not shown to whom it does not go', async () => {
      const { items } = await api.member.get('/notices')
      same(items.filter((one) => one.id === notice.id).length, 0, 'notices of the member')
      await member.go('/hand/notices')
      await member.page.getByText('没有有效的通知').waitFor()
    })
    await check('withdrawn, it says so on the phone', async () => {
      await clerk.go(`/notices/${notice.id}`)
      await clerk.button('撤回').click()
      await desk.getByLabel('撤回原因').fill('时间有调整，另行通知')
      await desk.getByRole('dialog').getByRole('button', { name: '撤回', exact: true }).click()
      await clerk.button('重新发布').waitFor()
      await head.go(`/hand/notices/${notice.id}`)
      await head.page.getByText(/时间有调整/).waitFor()
      await clerk.button('重新发布').click()
      await clerk.button('撤回').waitFor()
    })
    await check('a withdrawal is taken back by the button beside what is said of it', async () => {
      await clerk.button('撤回').click()
      await desk.getByLabel('撤回原因').fill('点错了')
      await desk.getByRole('dialog').getByRole('button', { name: '撤回', exact: true }).click()
      await clerk.button('撤销').click()
      await clerk.button('撤回').waitFor()
      same((await api.clerk.get(`/notices/${notice.id}`)).phase, 'current', 'phase')
    })
    await check('whoever saves second is told what the first changed, and keeps both changes', async () => {
      const path = `/notices/${notice.id}`
      await clerk.go(`${path}/edit`)
      await desk.getByLabel('标题').fill(`${title}（修订）`)
      const { version } = await api.clerk.get(path)
      await api.clerk.patch(path, version, { text: '各网格：\n请于今日走访。' })
      clerk.expected = [/status of 412/]
      await clerk.button('保存').click()
      const note = desk.getByRole('alert').filter({ hasText: '内容已被他人保存' })
      await note.getByText(/正文：原为“.*请于明日中午前走访.*”，现为“.*请于今日走访。”/s).waitFor()
      same(await desk.getByLabel('标题').inputValue(), `${title}（修订）`, 'what was typed')
      await clerk.button('保留我的修改').click()
      await clerk.button('保存').click()
      await desk.getByRole('heading', { name: `${title}（修订）` }).waitFor()
      clerk.expected = []
      const saved = await api.clerk.get(path)
      same([saved.title, saved.text], [`${title}（修订）`, '各网格：\n请于今日走访。'], 'both changes')
      await api.clerk.patch(path, saved.version, { title })
    })
  })
  return notice
}

// Every page of both faces: axe finds nothing serious, nothing leaves the origin, no error, no breach of policy.
import { readdirSync, readFileSync } from 'node:fs'
import { assert, journey, same } from '../support/checks.mjs'
import { Person } from '../support/browser.mjs'
import { root } from '../support/packages.mjs'

/** The addresses that the features of a face announce. */
function announced(face) {
  const folder = `${root}frontend/src/${face}`
  return readdirSync(folder)
    .flatMap((feature) => {
      try {
        return [readFileSync(`${folder}/${feature}/routes.ts`, 'utf8')]
      } catch {
        return []
      }
    })
    .flatMap((text) => [...text.matchAll(/path: '([^']+)'/g)].map((one) => one[1]))
}
/** Those of them that none of `visited` is an example of. An exact address comes before one with a part left open. */
function missed(paths, visited) {
  const shape = (path) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}$`)
  const exact = new Set(paths.filter((path) => !path.includes(':')))
  return paths.filter(
    (path) => !visited.some((one) => one === path || (shape(path).test(one) && !exact.has(one))),
  )
}

/** Opens a page in every dress of its face and looks at it. */
async function inspect(person, at, act) {
  const { page, face } = person
  await person.go(face === 'hand' ? `/hand${at}` : at)
  if (act) {
    await act(page)
    await person.settled()
  }
  const findings = await person.axe()
  const wide = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (face === 'hand') {
    const over = await wide()
    if (over > 0) findings.push(`scrolls sideways by ${over} px`)
    await person.wear('large', true)
    findings.push(...(await person.axe()).map((text) => `large type: ${text}`))
    const overLarge = await wide()
    if (overLarge > 0) findings.push(`large type: scrolls sideways by ${overLarge} px`)
    await person.wear('large', false)
  } else {
    await person.wear('dark', true)
    findings.push(...(await person.axe(['color-contrast'])).map((text) => `dark: ${text}`))
    await person.wear('dark', false)
  }
  assert(findings.length === 0, () => findings.join('\n'))
  person.quiet()
}

export async function desk(browser, server, clerk, api) {
  await journey('pages of the desk', async (check) => {
    const stranger = await Person.arrive(browser, server, 'desk', 'stranger')
    await check.each('/sign-in', () => inspect(stranger, '/sign-in'))
    await check.each('/desk/setup', () => inspect(stranger, '/desk/setup'))
    await check.each('/desk/restore', () => inspect(stranger, '/desk/restore'))
    await stranger.context.close()
    const administrator = await Person.arrive(browser, server, 'desk', 'administrator')

    const village = (await api.clerk.get('/grids')).items.find(
      (one) => one.kind === 'general' && one.posts.length > 0,
    )
    const someone = village.posts[0].member
    const lists = (await api.clerk.get('/checklists')).items
    const published = lists.find((one) => one.published_number != null)
    const task = (await api.clerk.get('/tasks?state=verified&limit=1')).items[0]
    const activities = (await api.clerk.get('/activities?limit=200')).items
    const running = activities.find((one) => one.phase === 'running')
    const coming = activities.find((one) => one.phase === 'upcoming')
    const visited = ['/desk/setup', '/desk/restore']
    const see = async (path, act, name = path, person = clerk) => {
      visited.push(path.split('?')[0])
      const label = name.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
      await check.each(label, () => inspect(person, path, act))
    }
    const press = (name) => async (page) => {
      await page.getByRole('button', { name, exact: true }).first().click()
      await page.getByRole('dialog').first().waitFor()
    }
    await see('/')
    await see('/grids')
    await see(`/grids?grid=${village.id}`)
    await see(`/grids?grid=${village.id}`, press('任命其他岗位'), '/grids, appointing')
    await see('/grids', press('导入网格'), '/grids, importing')
    await see(`/grids/${village.id}`)
    await see('/people')
    await see(`/people/${someone.id}`, (page) => page.getByRole('dialog').waitFor())
    await see('/people', press('新增人员'), '/people, a new one')
    await see('/people', press('导入花名册'), '/people, importing')
    await see('/checklists')
    await see('/checklists/new')
    await see(`/checklists/${published.id}`)
    await see(`/checklists/${published.id}/edit`)
    await see(`/checklists/${published.id}/edit`, press('粘贴表格'), '/checklists/…/edit, pasting')
    await see(`/checklists/${published.id}/publish`)
    await see('/tasks')
    await see('/tasks?state=verified')
    await see('/tasks/to-verify')
    await see(`/tasks/${task.id}`)
    const notice = (await api.clerk.get('/notices')).items[0]
    await see('/notices')
    await see('/notices/new')
    await see(`/notices/${notice.id}`)
    await see(`/notices/${notice.id}/edit`)
    await see('/activities')
    await see('/activities/new')
    await see(`/activities/${running.id}`)
    await see(`/activities/${coming.id}/edit`)
    await see(`/activities/${running.id}/code`)
    await see('/points')
    await see('/points/rules')
    await see('/points/entries')
    await see(`/points/members/${someone.id}`)
    await see('/points/notice')
    await see('/no-such-page')
    await see('/settings')
    await check.each('the administrator signs in and lands on a page of theirs', async () => {
      await administrator.signIn()
      assert(!(await administrator.page.getByText('没有权限').isVisible()), 'a page that is not theirs')
      administrator.quiet()
    })
    const auditor = await Person.arrive(browser, server, 'desk', 'auditor')
    await check.each('the auditor signs in and lands on a page of theirs', async () => {
      await auditor.signIn()
      assert(!(await auditor.page.getByText('没有权限').isVisible()), 'a page that is not theirs')
      auditor.quiet()
    })
    await see('/audit', undefined, '/audit', auditor)
    await auditor.context.close()
    await see('/jobs', undefined, undefined, administrator)
    await see('/settings/accounts', undefined, undefined, administrator)
    await see('/settings/accounts', press('新增账号'), '/settings/accounts, a new one', administrator)
    await see('/settings/roles', undefined, undefined, administrator)
    await administrator.context.close()
    await check.each('every page that is announced was opened', () => {
      const paths = announced('desk')
      same(missed(paths, visited), [], 'not opened')
      return `${paths.length} addresses`
    })
    await check.each('English at a touch', async () => {
      await clerk.go('/')
      await clerk.page.locator('button.account').click()
      await clerk.page.getByText('English', { exact: true }).click()
      await clerk.page.getByRole('heading', { name: 'Today', exact: true }).first().waitFor()
      await clerk.page.locator('button.account').click()
      await clerk.page.getByText('中文', { exact: true }).click()
      await clerk.page.getByRole('heading', { name: '今日', exact: true }).first().waitFor()
    })
  })
}

/** What pages know of a task is what the contract says: here is one that nothing in the product opens yet. */
async function errand(head, id, api) {
  const { page } = head
  const whole = await api.head.get(`/tasks/${id}`)
  const need = { count: 1, unit: null, least: null, most: null }
  const colleague = { id: whole.id, name: '李明' }
  let accepted
  const told = () => ({
    ...whole,
    title: '走访困难户',
    grid: null,
    assignee: {
      kind: 'organisation',
      id: whole.id,
      member: accepted ? whole.assignee.member : colleague,
      post: null,
      organisation: { id: whole.id, name: '水库村党总支' },
    },
    source: {
      kind: 'errand',
      id: whole.id,
      title: '关于开展入户走访的函',
      link: null,
      facts: [{ zh: '来文单位', en: 'Asked by', text: '区民政局' }],
    },
    evidence: [
      { ...need, kind: 'photo', count: 2 },
      { ...need, kind: 'number', unit: '户', least: 1, most: 40 },
    ],
    may: {
      accept_task: accepted ? { allowed: false, code: 'state_conflict' } : { allowed: true, code: null },
      submit_task: accepted ? { allowed: true, code: null } : { allowed: false, code: 'state_conflict' },
      verify_task: { allowed: false, code: 'self_verification' },
      return_task: { allowed: false, code: 'self_verification' },
    },
  })
  const at = `**/api/v1/tasks/${id}`
  await page.route(at, (route) => route.fulfill({ json: told() }))
  await page.route(`${at}/accept`, (route) => {
    accepted = route.request().postDataJSON()
    return route.fulfill({ json: told() })
  })
  const list = /\/api\/v1\/tasks\?.*held_by=colleagues/
  await page.route(list, (route) => route.fulfill({ json: { items: [told()], next_cursor: null } }))
  await head.go('/hand/')
  await head.tap(head.link('同事已签收'))
  await head.text('李明 已签收').first().waitFor()
  await head.tap(head.link(/走访困难户/))
  await head.text('水库村党总支').first().waitFor()
  await head.text('现由 李明 办理').first().waitFor()
  await head.tap(head.button('签收'))
  await page.getByText('已签收').first().waitFor()
  same(accepted, { from: colleague.id }, 'from whom it is taken over')
  await page.getByLabel('数量（户）').fill('41')
  await head.tap(head.button('提交'))
  await page.getByRole('alert').filter({ hasText: '本任务须至少 2 张照片' }).waitFor()
  same(await page.getByLabel('数量（户）').getAttribute('placeholder'), '1 至 40', 'the bounds')
  await page.getByText('详情').first().click()
  await page.getByText('《关于开展入户走访的函》（来文单位 区民政局）').waitFor()
  await page.unroute(at)
  await page.unroute(list)
  await page.unroute(`${at}/accept`)
  head.quiet()
}

export async function hand(browser, server, head, member, steward, api) {
  await journey('pages of the phone', async (check) => {
    const stranger = await Person.arrive(browser, server, 'hand', 'stranger')
    await check.each('/hand/sign-in', () => inspect(stranger, '/sign-in'))
    await stranger.context.close()

    const open = (await api.head.get('/tasks/inbox?limit=200')).items
    const withPhoto = open.find((one) => one.evidence.some((need) => need.kind === 'photo')) ?? open[0]
    const done = (await api.head.get('/tasks?state=verified&limit=1')).items[0]
    const activities = (await api.clerk.get('/activities?limit=200')).items
    const running = activities.find((one) => one.phase === 'running')
    const coming = activities.find((one) => one.phase === 'upcoming')
    const visited = []
    const see = async (person, path, act, name = path) => {
      visited.push(path.split('?')[0])
      const label = `/hand${name}`.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…').replace(/(\/c\/).+/, '$1…')
      await check.each(`${label} (${person.name})`, () => inspect(person, path, act))
    }
    await see(head, '/')
    await see(head, '/?view=verify')
    await see(head, '/?view=colleagues')
    await see(head, '/?view=done')
    await see(head, `/tasks/${withPhoto.id}`)
    await see(head, `/tasks/${done.id}`)
    await see(head, '/outbox')
    await see(head, '/notices')
    await see(head, '/notices?view=all')
    await see(head, `/notices/${(await api.head.get('/notices')).items[0].id}`)
    await see(member, '/activities')
    await see(member, '/activities?view=upcoming')
    await see(member, '/activities?view=mine')
    await see(member, `/activities/${coming.id}`)
    await see(member, `/activities/${running.id}`)
    await see(steward, `/activities/${running.id}/steward`)
    const complete = (page) => page.getByRole('button', { name: /^为.+补办签退$/ }).first().tap()
    await see(steward, `/activities/${running.id}/steward`, complete, '/activities/…/steward, completing')
    const { code } = await api.steward.get(`/activities/${running.id}/check-in-code`)
    await see(member, `/c/${code}`)
    // There is no camera here: the page says what else there is.
    await see(member, '/scan')
    await see(member, '/points')
    await see(head, '/points')
    await see(member, '/points?view=board')
    await see(member, '/me')
    await see(head, '/me')
    await see(member, '/me/sessions')
    await see(member, '/me/password')
    await see(member, '/no-such-page')
    await check.each('a task of a source that no page knows, from an organisation', () =>
      errand(head, withPhoto.id, api),
    )
    await check.each('every page that is announced was opened', () => {
      const paths = announced('hand')
      same(missed(paths, visited), [], 'not opened')
      return `${paths.length} addresses`
    })
    await check.each('大字版 by one switch, and it stays', async () => {
      await member.go('/hand/me')
      const size = () =>
        member.page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize))
      const before = await size()
      await member.page.getByRole('switch', { name: '大字版' }).tap()
      await member.page.waitForFunction(() => document.documentElement.classList.contains('large'))
      await member.go('/hand/me')
      const after = await size()
      assert(after >= 24, `${after} px`)
      await member.page.getByRole('switch', { name: '大字版' }).tap()
      return `${before} px, then ${after} px`
    })
  })
}

export async function docs(browser, server) {
  await journey('documentation', async (check) => {
    const reader = await Person.arrive(browser, server, 'desk', 'reader')
    const { page } = reader
    await check('/docs shows the operations', async () => {
      await page.goto(`${server.base}/docs`)
      const contract = await (await fetch(`${server.base}/docs/openapi.json`)).json()
      const operations = Object.values(contract.paths).flatMap((path) => Object.values(path))
      const summary = (id) => operations.find((one) => one.operationId === id).summary
      await page.getByRole('heading', { name: contract.info.title }).first().waitFor()
      await page.getByText(summary('get_site')).first().waitFor()
      await page.getByRole('button', { name: 'Open Group - grid', exact: true }).click()
      await page.getByText(summary('list_grids')).first().waitFor()
      return `${operations.length} operations in the contract`
    })
    await check('without asking elsewhere, without an error', () => reader.quiet())
    await check('/docs/errors lists the codes', async () => {
      await page.goto(`${server.base}/docs/errors`)
      await page.locator('#not_found').waitFor()
      reader.quiet()
    })
    await reader.context.close()
  })
}

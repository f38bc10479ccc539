// The first day of a township: from the address that an empty server prints to a grid head who can sign in.
import { journey, same } from '../support/checks.mjs'
import { Person } from '../support/browser.mjs'
import { root } from '../support/packages.mjs'
import { startServer } from '../support/server.mjs'
import { fillIn } from '../support/workbook.mjs'
import { readFileSync } from 'node:fs'

const grids = `${root}api/src/demo/data/grids.geojson`

export async function firstDay(browser) {
  let server
  try {
    return await journey('first day', async (check) => {
      let administrator
      let clerk
      const dialogOf = (person) => person.page.getByRole('dialog')
      /** Fills the sign-in page, on which township and, for the first administrator, user name stand already. */
      const signIn = async (person) => {
        const { page } = person
        if (!(await page.locator('#township').inputValue())) await page.locator('#township').fill('漕泾镇')
        await page.locator('#username').fill(person.name)
        await page.locator('#password').fill(server.password)
        await person.button('登录').click()
        await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
        await person.settled()
      }
      /** The first time with an account that the administrator made: the password is changed before anything else. */
      const signInFirst = async (person) => {
        const { page } = person
        if (!(await page.locator('#township').inputValue())) await page.locator('#township').fill('漕泾镇')
        await page.locator('#username').fill(person.name)
        await page.locator('#password').fill(server.password)
        await person.button('登录').click()
        await page.getByRole('heading', { name: '请设置自己的密码' }).waitFor()
        same(await page.locator('#current').count(), 0, 'what was just typed is asked again')
        same(await person.axe(), [], 'findings of axe')
        person.expected.push(/422/)
        for (const [own, shown] of [
          [`${person.name}-2026-11`, '不能含有用户名'],
          ['a lantern over seven wet roofs', undefined],
        ]) {
          await page.locator('#new').fill(own)
          await page.locator('#again').fill(own)
          await person.button('设置并继续').click()
          if (shown) await page.getByText(shown).first().waitFor()
        }
        await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
        await person.settled()
      }
      const arrive = async (face, name) => {
        const person = await Person.arrive(browser, server, face, name)
        await person.go(face === 'hand' ? '/hand/sign-in' : '/sign-in')
        return person
      }
      await check('an empty server prints where to begin', async () => {
        server = await startServer({ empty: true })
        same(new URL(server.founding).pathname, '/desk/setup', 'the path')
        administrator = await Person.arrive(browser, server, 'desk', 'admin')
        await administrator.go('/')
        await administrator.link('首次使用：开通镇街').waitFor()
      })
      await check('the township is founded by its code, its name follows', async () => {
        const { page } = administrator
        await page.goto(server.founding)
        await page.getByRole('heading', { name: '开通镇街' }).waitFor()
        await page.waitForURL((url) => url.hash === '')
        same(await page.getByLabel('初始化口令').isVisible(), false, 'the token is asked for')
        administrator.expected.push(/422/)
        await page.getByLabel('镇街代码').fill('999999999')
        await page.getByLabel('密码', { exact: true }).fill(server.password)
        await administrator.button('开通').click()
        await page.getByText('没有这个镇街代码').waitFor()
        await page.getByLabel('镇街代码').fill('310116112')
        await administrator.button('开通').click()
        await page.getByRole('heading', { name: '漕泾镇已开通' }).waitFor()
        same(await administrator.axe(), [], 'findings of axe')
        administrator.quiet()
      })
      await check('the administrator signs in with what is known filled in', async () => {
        const { page } = administrator
        await administrator.link('登录').click()
        await page.locator('#password').waitFor()
        const stands = [await page.locator('#township').inputValue(), await page.locator('#username').inputValue()]
        same(stands, ['漕泾镇', 'admin'], 'filled in')
        await signIn(administrator)
        administrator.quiet()
      })
      const openAccount = async (act) => {
        const dialog = dialogOf(administrator)
        await administrator.go('/settings/accounts')
        await administrator.button('新增账号').click()
        await act(dialog)
        await dialog.locator('#account-password').fill(server.password)
        await dialog.getByRole('button', { name: '保存' }).click()
        await dialog.waitFor({ state: 'hidden' })
      }
      await check('and makes the clerk an account', async () => {
        await openAccount(async (dialog) => {
          await dialog.locator('#account-username').fill('clerk')
          await dialog.locator('#account-name').fill('党建办')
          await dialog.getByText('党建办', { exact: true }).click()
        })
        await administrator.page.getByRole('cell', { name: 'clerk', exact: true }).waitFor()
      })
      await check('the clerk is shown where to begin, and imports the grids', async () => {
        clerk = await arrive('desk', 'clerk')
        await signInFirst(clerk)
        await clerk.link('导入网格').click()
        const dialog = dialogOf(clerk)
        await dialog.locator('input[type=file]').setInputFiles(grids)
        // Whoever leaves the page before the answer has the import stopped.
        await Promise.all([
          clerk.page.waitForResponse((answer) => /imports\/grids(?!.*dry_run=true)/.test(answer.url())),
          dialog.getByRole('button', { name: /^导入 \d+ 项$/ }).click(),
        ])
        await clerk.go('/')
        await clerk.page.getByText('已有 14 个总网格、89 个子网格。').waitFor()
      })
      await check('then the roster, with the posts in it', async () => {
        await clerk.link('导入花名册').click()
        const dialog = dialogOf(clerk)
        const [given] = await Promise.all([
          clerk.page.waitForEvent('download'),
          dialog.getByRole('button', { name: '下载模板' }).click(),
        ])
        const buffer = fillIn(readFileSync(await given.path()), [
          ['0001', '顾建国', '党员', '13800000001', '', '310116112216', '总网格长'],
          ['0002', '沈秀英', '志愿者', '', '', '', ''],
        ])
        const mimeType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
        await dialog.locator('input[type=file]').setInputFiles({ name: '花名册.xlsx', mimeType, buffer })
        await Promise.all([
          clerk.page.waitForResponse((answer) => /imports\/members(?!.*dry_run=true)/.test(answer.url())),
          dialog.getByRole('button', { name: /^导入 2 项$/ }).click(),
        ])
        await clerk.go('/')
        await clerk.page.getByText('已有 2 名人员、1 个在任岗位。').waitFor()
        clerk.quiet()
      })
      await check('the head gets an account by picking the person: names come along', async () => {
        await openAccount(async (dialog) => {
          await dialog.getByRole('combobox', { name: '对应人员' }).fill('gjg')
          await administrator.page.getByRole('option', { name: '顾建国' }).click()
          await administrator.page.waitForFunction(() => document.querySelector('#account-username').value !== '')
          const stands = ['#account-username', '#account-name'].map((id) => dialog.locator(id).inputValue())
          same(await Promise.all(stands), ['gjg0001', '顾建国'], 'filled in')
          await dialog.getByText('网格长', { exact: true }).click()
        })
        await administrator.page.getByRole('row', { name: /gjg0001.*顾建国.*顾建国/ }).waitFor()
        administrator.quiet()
      })
      await check('and the head stands in the post on the phone', async () => {
        const head = await arrive('hand', 'gjg0001')
        await signInFirst(head)
        await head.go('/hand/me')
        await head.text(/总网格长/).first().waitFor()
        head.quiet()
        await head.context.close()
      })
      await check('an administrator who forgot the password comes back by the operator', async () => {
        const rescued = await arrive('desk', 'admin')
        const said = server.run('admin', 'restore-administrator', '--township', '310116112')
        const { hash } = new URL(/http:\S+/.exec(said)[0])
        await rescued.page.goto(`${server.base}/desk/restore${hash}`)
        await rescued.page.getByRole('heading', { name: '恢复系统管理员' }).waitFor()
        await rescued.page.waitForURL((url) => url.hash === '')
        same(await rescued.axe(), [], 'findings of axe')
        await rescued.page.getByLabel('密码', { exact: true }).fill('a kettle beside nine dry wells')
        await rescued.button('恢复').click()
        await rescued.page.getByText('漕泾镇的系统管理员 admin 可以登录了。').waitFor()
        await rescued.link('登录').click()
        await rescued.page.locator('#password').fill('a kettle beside nine dry wells')
        await rescued.button('登录').click()
        await rescued.page.waitForURL((url) => !url.pathname.endsWith('/sign-in'))
        rescued.quiet()
        await rescued.context.close()
      })
      await check('the clerk sees no more of the first-time link, and the token is used up', async () => {
        await administrator.context.clearCookies()
        await administrator.go('/sign-in')
        same(await administrator.link('首次使用：开通镇街').count(), 0, 'links')
        administrator.expected.push(/403/)
        await administrator.page.goto(server.founding)
        await administrator.page.getByLabel('镇街代码').fill('310116101')
        await administrator.page.getByLabel('密码', { exact: true }).fill(server.password)
        await administrator.button('开通').click()
        await administrator.page.getByLabel('初始化口令').waitFor()
      })
      await administrator.context.close()
      await clerk.context.close()
    })
  } finally {
    await server?.stop()
  }
}

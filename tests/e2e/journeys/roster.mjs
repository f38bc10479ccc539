// The clerk imports a roster: the template is downloaded and filled in, faults are found by row and column.
import { readFileSync } from 'node:fs'
import { assert, journey, same } from '../support/checks.mjs'
import { fillIn, unzip } from '../support/workbook.mjs'

const village = '310116112216'

export async function roster(clerk, api) {
  const { page } = clerk
  const dialog = page.getByRole('dialog')
  const file = (name, rows, template) => ({
    name,
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer: fillIn(template, rows),
  })
  const download = async (button) => {
    const [given] = await Promise.all([page.waitForEvent('download'), button.click()])
    return readFileSync(await given.path())
  }
  return journey('desk, roster', async (check) => {
    let template
    let clicks = 0
    const click = async (locator) => {
      clicks += 1
      await locator.click()
    }
    const right = ['E2E01', '钱一鸣', '志愿者', '19911110001', '', '', '']
    await check('the template is downloaded', async () => {
      await clerk.go('/people')
      await clerk.button('导入花名册').click()
      template = await download(dialog.getByRole('button', { name: '下载模板' }))
      assert(unzip(template).has('xl/worksheets/sheet1.xml'), 'not a workbook')
    })
    await check('faults are shown by row and column, nothing is imported', async () => {
      const rows = [
        right,
        ['E2E02', '孙立', '群众', '1381', '', '', ''],
        ['E2E03', '', '村民', '', '', '', ''],
        ['E2E04', '周宁', '网格员', '', '', '999', '网格员'],
      ]
      await dialog.locator('input[type=file]').setInputFiles(file('花名册.xlsx', rows, template))
      await dialog.getByText(/发现 \d+ 处问题/).waitFor()
      const found = await dialog
        .locator('tbody tr')
        .evaluateAll((lines) =>
          lines.map((line) =>
            [...line.querySelectorAll('td')].slice(0, 3).map((cell) => cell.textContent.trim()),
          ),
        )
      const places = found.map(([row, column]) => `${row} ${column.replace('*', '')}`).sort()
      same(places, ['第 3 行 手机', '第 4 行 姓名', '第 4 行 类别', '第 5 行 网格编码'], 'faults')
      same((await api.clerk.get('/members?q=E2E01')).items.length, 0, 'members imported')
      return places.join(', ')
    })
    await check('the marked file says the reasons beside the rows', async () => {
      const marked = await download(dialog.getByRole('button', { name: '下载标注文件' }))
      const files = unzip(marked)
      const words = `${files.get('xl/sharedStrings.xml') ?? ''}${files.get('xl/worksheets/sheet1.xml')}`
      assert(
        words.includes('手机') && words.includes('E2E04'),
        'the marked file lacks the rows or the reasons',
      )
    })
    await check('the corrected file is imported', async () => {
      await dialog.getByRole('button', { name: '取消' }).click()
      await dialog.waitFor({ state: 'hidden' })
      await click(clerk.button('导入花名册'))
      const rows = [
        right,
        ['E2E02', '孙立', '群众', '19911110002', '', '', ''],
        ['E2E03', '李向阳', '党员', '', '', '', ''],
        ['E2E04', '周宁', '网格员', '', '', village, '网格员'],
      ]
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        click(dialog.locator('button', { hasText: '选择文件' })),
      ])
      await chooser.setFiles(file('花名册.xlsx', rows, template))
      await dialog.getByText('检查通过，共 4 行').waitFor()
      await click(dialog.getByRole('button', { name: '导入 4 项' }))
      await dialog.getByText('已导入，共 4 行').waitFor()
      await click(dialog.getByRole('button', { name: '关闭', exact: true }))
      assert(clicks <= 4, `${clicks} clicks`)
      return `${clicks} clicks from the list of people to the end, choosing in the system's dialog not counted`
    })
    await check('a person is found by the initials, with the post', async () => {
      await page.getByPlaceholder('姓名、拼音首字母、编号或手机后四位').fill('zn')
      const row = page.locator('tbody tr').filter({ hasText: '周宁' })
      await row.filter({ hasText: '水库村党建总网格 网格员' }).waitFor()
    })
    await check('nothing left the origin, no error, no breach of policy', () => clerk.quiet())
  })
}

// A member signs up, checks in by the code on the steward's screen, checks out, and sees the points and why.
import { readFileSync } from 'node:fs'
import { assert, journey, same, until } from '../support/checks.mjs'
import { Person } from '../support/browser.mjs'
import { beneath } from '../support/packages.mjs'

const title = '党员志愿服务集中行动'

/** Reads a picture as the phone's camera does. */
async function readCode(picture) {
  const require = beneath('barcode-detector')
  const { prepareZXingModule, readBarcodes } = await import(require.resolve('zxing-wasm/reader'))
  const wasmBinary = readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm'))
  await prepareZXingModule({ overrides: { wasmBinary: wasmBinary.buffer }, fireImmediately: true })
  const found = await readBarcodes(new Uint8Array(picture), { formats: ['QRCode'] })
  return found[0]?.text
}

/** Photographs the steward's screen: the address that the code holds. */
async function scan(steward) {
  const picture = steward.page.locator('.code img')
  await picture.waitFor()
  await until(() => picture.evaluate((image) => image.complete && image.naturalWidth > 0), 'the code')
  const text = await readCode(await picture.screenshot())
  assert(text, 'the picture on the steward’s screen cannot be read as a code')
  return new URL(text, steward.server.base)
}

export async function arrive(browser, server, api) {
  const member = await Person.arrive(browser, server, 'hand', 'member')
  const steward = await Person.arrive(browser, server, 'hand', 'grid_head')
  const { page } = member
  let activity
  const good = await journey('phone, check-in', async (check) => {
    await check('the member opens on the activities of today', async () => {
      await member.signIn()
      await page.locator('a.row').filter({ hasText: title }).filter({ hasText: '进行中' }).waitFor()
      const { items } = await api.clerk.get('/activities?phase=running&limit=200')
      activity = items.find((one) => one.title === title)
    })
    await check('and signs up', async () => {
      member.taps = 0
      await member.tap(page.locator('a.row').filter({ hasText: title }))
      await member.tap(member.button('报名'))
      await page.getByText('已报名', { exact: true }).first().waitFor()
      return `${member.taps} taps`
    })
    await check('the steward shows the code on a phone', async () => {
      await steward.signIn()
      await steward.link('活动').tap()
      await steward.page.locator('a.row').filter({ hasText: title }).tap()
      await steward.link('出示签到码、查看到场').tap()
      await steward.page.locator('.code img').waitFor()
    })
    await check('the member scans it and checks in, in at most 2 taps', async () => {
      const address = await scan(steward)
      assert(/^\/c\/[^/]+$/.test(address.pathname), `not a plain link: ${address}`)
      // The first tap: the camera's offer to open the link.
      member.taps = 1
      await page.goto(server.base + address.pathname)
      await page.getByRole('heading', { name: title }).waitFor()
      await page.getByText(/全程参加可得 [\d.]+ 分/).waitFor()
      await member.tap(member.button('签到'))
      await page.getByRole('heading', { name: '签到成功' }).waitFor()
      assert(member.taps <= 2, `${member.taps} taps`)
      return `${member.taps} taps, nothing typed`
    })
    await check('the steward sees who is there', async () => {
      const { display_name: name } = (await api.member.get('/me')).account
      await steward.go(`/hand/activities/${activity.id}/steward`)
      await steward.page.locator('li').filter({ hasText: name }).filter({ hasText: '签到' }).waitFor()
    })
    await check('somebody else is in, who will forget to check out', async () => {
      const { code } = await api.steward.get(`/activities/${activity.id}/check-in-code`)
      await api.worker.post('/check-ins', { code })
    })
    await check('a code that is no code is refused in words', async () => {
      member.expected = [/status of 4\d\d/]
      await page.goto(`${server.base}/c/not-a-code`)
      await page.getByText('签到码无效').first().waitFor()
      member.expected = []
    })
    await check('nothing left the origin, no error, no breach of policy', () => {
      member.quiet()
      steward.quiet()
    })
  })
  return good ? { member, steward, activity } : undefined
}

export async function leave({ member, steward, activity }, api) {
  const { page } = member
  return journey('phone, check-out', async (check) => {
    await check('after a minute of service there are points to come', async () => {
      await until(
        async () => {
          const { code } = await api.steward.get(`/activities/${activity.id}/check-in-code`)
          const reading = await api.member.get(`/check-in-codes/${encodeURIComponent(code)}`)
          same(reading.action, 'check_out', 'what the code offers')
          return reading.points_to_come > 0
        },
        'a minute of service',
        90_000,
      )
    })
    let earned
    await check('the member scans again and checks out', async () => {
      await steward.go(`/hand/activities/${activity.id}/steward`)
      const address = await scan(steward)
      member.taps = 1
      await page.goto(member.server.base + address.pathname)
      await page.getByText(/现在签退得 [\d.]+ 分/).waitFor()
      await member.tap(member.button('签退'))
      // Leaving before the end is asked about: it cannot be undone.
      await member.tap(page.getByRole('dialog').getByRole('button', { name: '签退' }))
      await page.getByRole('heading', { name: '签退成功' }).waitFor()
      earned = Number(/得 ([\d.]+) 分/.exec(await page.locator('.result').innerText())?.[1])
      assert(earned > 0, 'nothing was earned')
      return `${member.taps} taps, one of them to confirm leaving early; ${earned} points`
    })
    await check('the steward completes on the phone what somebody forgot', async () => {
      const { name } = (await api.worker.get('/me')).member
      const row = steward.page.locator('li').filter({ hasText: name })
      const reason = '手机没电，离开前已当面说明'
      steward.taps = 0
      await steward.tap(row.getByRole('button', { name: `为${name}补办签退` }))
      const left = await row.getByLabel('签退时间').inputValue()
      const send = row.getByRole('button', { name: '补办签退', exact: true })
      await steward.tap(send)
      await row.getByText('请写明原因，至少 2 个字').waitFor()
      await row.getByLabel('补办原因').fill(reason)
      await steward.tap(send)
      await row.getByText(`补办：${reason}`).waitFor()
      const [done] = (await api.worker.get('/check-ins')).items
      same(done.completion.reason, reason, 'why it was completed')
      same(done.checked_out_at, `${left}:00+08:00`, 'the moment that was proposed')
      return `${steward.taps} taps, one of them without a reason`
    })
    await check('积分 shows the points and the reason', async () => {
      await member.link('查看积分').tap()
      await member.settled()
      const entry = page.locator('li').filter({ hasText: title })
      await entry.filter({ hasText: `+${earned}` }).waitFor()
      const { balance } = await api.member.get('/purses/mine')
      same(Number(await page.locator('.balance').innerText()), balance, 'balance')
      return (await entry.first().innerText()).split('\n')[0]
    })
    await check('nothing left the origin, no error, no breach of policy', () => {
      member.quiet()
      steward.quiet()
    })
  })
}

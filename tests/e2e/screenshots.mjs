// The pictures of the README: the desk's map and the phone's inbox, as the demonstration shows them.
import { mkdirSync, statSync } from 'node:fs'
import { launch, Person } from './support/browser.mjs'
import { root } from './support/packages.mjs'
import { startServer } from './support/server.mjs'

const largest = 250_000
const folder = `${root}frontend/screenshots`
mkdirSync(folder, { recursive: true })

const server = await startServer()
let browser
try {
  browser = await launch()
  const take = async (person, path, name) => {
    await person.signIn()
    await person.go(path)
    const file = `${folder}/${name}.png`
    await person.page.screenshot({ path: file, scale: 'device' })
    const { size } = statSync(file)
    process.stdout.write(`${file} ${(size / 1000).toFixed(0)} kB\n`)
    if (size > largest) process.exitCode = 1
  }
  await take(await Person.arrive(browser, server, 'desk', 'clerk'), '/grids', 'desk')
  await take(await Person.arrive(browser, server, 'hand', 'grid_head'), '/hand/', 'hand')
} finally {
  await browser?.close()
  await server.stop()
}

// A server of its own for one run: free port, temporary data, the demonstration township.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './packages.mjs'

export const township = '310116112'

/** With the demonstration township, or empty as on its first day: then `founding` is the address it printed. */
export async function startServer({ empty = false } = {}) {
  const program = process.env.GEZHI_PROGRAM ?? `${root}target/debug/gezhi`
  mkdirSync(`${root}target/e2e`, { recursive: true })
  const logged = `${root}target/e2e/server${empty ? '-empty' : ''}.log`
  const log = openSync(logged, 'w')
  const data = mkdtempSync(join(tmpdir(), 'gezhi-journeys-'))
  const env = {
    PATH: process.env.PATH,
    GEZHI_DATABASE_URL: `sqlite://${data}/gezhi.db`,
    GEZHI_DATA_DIR: data,
    GEZHI_LISTEN: '127.0.0.1:0',
    GEZHI_SECURE_COOKIES: 'false',
    ...(empty ? {} : { GEZHI_DEFAULT_TOWNSHIP: township }),
  }
  let child
  const stop = async () => {
    if (child && child.exitCode === null) {
      const gone = new Promise((resume) => child.once('exit', resume))
      child.kill('SIGTERM')
      await gone
    }
    rmSync(data, { recursive: true, force: true })
  }
  // However the run ends, the server ends with it.
  process.once('exit', () => {
    child?.kill('SIGTERM')
    rmSync(data, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  try {
    // The folder is its own, so that no gezhi.toml of the caller is read.
    const options = { env, cwd: data, stdio: ['ignore', 'ignore', log] }
    // While writing journeys: a demonstration made before, copied. A real run makes its own.
    if (process.env.GEZHI_DEMO_DATA && !empty) cpSync(process.env.GEZHI_DEMO_DATA, data, { recursive: true })
    for (const command of empty ? ['migrate'] : ['migrate', 'demo']) {
      try {
        execFileSync(program, [command], options)
      } catch {
        throw new Error(`gezhi ${command} failed:\n${readFileSync(logged, 'utf8')}`)
      }
    }
    let password = 'a password of their own'
    if (!empty) {
      const accounts = readFileSync(join(data, 'demo-accounts.txt'), 'utf8')
      password = /password of all accounts: (\S+)/.exec(accounts)?.[1]
      if (!password) throw new Error('the accounts file names no password')
    }
    child = spawn(program, ['serve'], { env, cwd: data, stdio: ['ignore', 'pipe', log] })
    let said = ''
    const base = await new Promise((resume, refuse) => {
      child.stdout.on('data', (bytes) => {
        said += bytes
        const found = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)
        if (found) resume(found[1])
      })
      child.once('exit', (code) => refuse(new Error(`the server ended with ${code}`)))
    })
    return { base, password, stop, founding: /http:\S+#\S+/.exec(said)?.[0] }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

/** What the server itself says, beside what the pages show. */
export async function signInByApi(server, username) {
  const answer = await fetch(`${server.base}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ township, username, password: server.password, refresh_in: 'body' }),
  })
  if (answer.status !== 201)
    throw new Error(`signing in as ${username}: ${answer.status} ${await answer.text()}`)
  const { access_token: token } = await answer.json()
  return {
    async get(path) {
      const found = await fetch(`${server.base}/api/v1${path}`, {
        headers: { Authorization: `Bearer ${token}` },
      })
      if (!found.ok) throw new Error(`GET ${path}: ${found.status} ${await found.text()}`)
      return found.json()
    },
  }
}

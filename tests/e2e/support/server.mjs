// A server of its own for one run: free port, temporary data, the demonstration township.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './packages.mjs'

export const township = '310116112'
/** The moment at which the servers of a run start, whatever the machine's clock says. */
const start = process.env.TEST_CLOCK || readFileSync(`${root}tests/clock`, 'utf8').trim()

/** With the demonstration township, or empty as on its first day: then `founding` is the address it printed. Its clock
 * starts at `start` and goes on from there. */
export async function startServer({ empty = false } = {}) {
  const program = process.env.GEZHI_PROGRAM ?? `${root}target/debug/gezhi`
  mkdirSync(`${root}target/e2e`, { recursive: true })
  const logged = `${root}target/e2e/server${empty ? '-empty' : ''}.log`
  const log = openSync(logged, 'w')
  const kept = mkdtempSync(join(tmpdir(), 'gezhi-journeys-'))
  // The folder is its own, so that no gezhi.toml of the caller is read; its data lie in it by the defaults.
  const cwd = join(kept, 'run')
  const env = {
    PATH: process.env.PATH,
    GEZHI_LISTEN: '127.0.0.1:0',
    GEZHI_SECURE_COOKIES: 'false',
    GEZHI_CLOCK: start,
    ...(empty ? {} : { GEZHI_DEFAULT_TOWNSHIP: township }),
  }
  let child
  const stop = async () => {
    if (child && child.exitCode === null) {
      const gone = new Promise((resume) => child.once('exit', resume))
      child.kill('SIGTERM')
      await gone
    }
    rmSync(kept, { recursive: true, force: true })
  }
  // However the run ends, the server ends with it.
  process.once('exit', () => {
    child?.kill('SIGTERM')
    rmSync(kept, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
  try {
    const stdio = ['ignore', 'ignore', log]
    try {
      if (empty) {
        mkdirSync(cwd)
        execFileSync(program, ['migrate'], { env, cwd, stdio })
      } else {
        const clock = { TEST_CLOCK: start, PROGRAM: program }
        execFileSync('bash', [`${root}tests/demo-copy.sh`, cwd], { env: { ...process.env, ...clock }, stdio })
      }
    } catch {
      throw new Error(`the server's data could not be made:\n${readFileSync(logged, 'utf8')}`)
    }
    let password = 'vexed plinth oak tumbler 7'
    if (!empty) {
      const accounts = readFileSync(join(cwd, 'data/demo-accounts.txt'), 'utf8')
      password = /password of all accounts: (\S+)/.exec(accounts)?.[1]
      if (!password) throw new Error('the accounts file names no password')
    }
    // The server's clock starts a moment later, when it has come up: nobody's runs behind it.
    const ahead = Date.parse(start) - Date.now()
    child = spawn(program, ['serve'], { env, cwd, stdio: ['ignore', 'pipe', log] })
    let said = ''
    const base = await new Promise((resume, refuse) => {
      child.stdout.on('data', (bytes) => {
        said += bytes
        const found = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)
        if (found) resume(found[1])
      })
      child.once('exit', (code) => refuse(new Error(`the server ended with ${code}`)))
    })
    /** A command of the program on the same data, to its end. */
    const run = (...words) => execFileSync(program, words, { env, cwd, encoding: 'utf8' })
    return { base, password, stop, run, ahead, founding: /http:\S+#\S+/.exec(said)?.[0] }
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
  const ask = async (method, path, body, version) => {
    const found = await fetch(`${server.base}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body ? { 'Content-Type': 'application/json' } : {}),
        ...(version ? { 'If-Match': `"v${version}"` } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (!found.ok) throw new Error(`${method} ${path}: ${found.status} ${await found.text()}`)
    return found.json()
  }
  return {
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
    patch: (path, version, body) => ask('PATCH', path, body, version),
  }
}

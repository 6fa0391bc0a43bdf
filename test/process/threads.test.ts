import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { openTestDatabase } from '../support/databases.ts'
import { endsWithin, gatehouse, type Server, serve, until } from './gatehouse.ts'

const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'

async function startTwo() {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase('sqlite'))
  // A folder of its own: what other tests' servers leave for a while is not this one's.
  const TMPDIR = mkdtempSync(join(tmpdir(), 'gatehouse-threads-'))
  stack.defer(() => rmSync(TMPDIR, { recursive: true }))
  const env = { GATEHOUSE_ADMIN_KEY: ADMIN_KEY, GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_WORKERS: '2', TMPDIR }
  const server = stack.use(await serve({ env }))
  const left = () => readdirSync(TMPDIR).filter((name) => name.startsWith('gatehouse-'))
  const rest = stack.move()
  return { env, server, left, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

const projects = (server: Server) =>
  fetch(`${server.url}/v1/organization/projects`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })

describe('a process with several threads', { concurrency: false }, () => {
  test('serves, and ends with exit code 0 on SIGTERM, with nothing left behind', async () => {
    await using two = await startTwo()
    assert.equal(two.left().length, 1, 'where its threads meet')
    assert.equal((await projects(two.server)).status, 200)
    two.server.signal('SIGTERM')
    const { code, stdout } = await endsWithin(two.server, 20_000)
    assert.equal(code, 0)
    assert.match(stdout, /Gatehouse is ready on http:/)
    assert.ok(!two.server.log.some(({ level }) => Number(level) > 40))
    assert.deepEqual(two.left(), [])
  })

  test('is ended at once by a second signal', async () => {
    await using two = await startTwo()
    const silent = new AbortController()
    // A request that does not end: its body never comes.
    const body = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('{')) })
    const open = fetch(`${two.server.url}/v1/organization/projects`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body,
      signal: silent.signal,
      ...{ duplex: 'half' },
    }).catch(() => null)
    const inFlight = async () => {
      const text = await (await fetch(`${two.server.url}/metrics`)).text()
      return /^gatehouse_requests_in_flight 2$/m.test(text)
    }
    await until(inFlight, 'the request that does not end')
    two.server.signal('SIGTERM')
    await until(() => /finished first/.test(two.server.stderr), 'the first signal is acknowledged')
    two.server.signal('SIGINT')
    assert.equal((await endsWithin(two.server, 20_000)).signal, 'SIGINT')
    silent.abort()
    await open
  })

  test('says in words that its port is taken, and makes no first key then', async () => {
    await using two = await startTwo()
    await using database = await openTestDatabase('sqlite')
    const { port } = new URL(two.server.url)
    const env = { GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_WORKERS: '2', GATEHOUSE_PORT: port }
    const { code, stdout, stderr } = await gatehouse(['serve'], { env })
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, new RegExp(`^gatehouse: .*EADDRINUSE.*${port}$`, 'm'))
  })
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { freePort } from '../support/ports.ts'
import { endsWithin, Gatehouse, type RunOptions, type Server, until } from './gatehouse.ts'

const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'
/** An end when nothing is running: a second for the log, and the rest for a busy machine; far below the patience for calls. */
const PROMPT_MS = 8000
/** More lines of 1 kB than a pipe and the server's own buffer hold together. */
const FLOOD = 1500

/** Has the server say a lot on SIGUSR2, and on SIGWINCH fail without anybody catching it. */
const onSignals = `
process.on('SIGUSR2', () => { for (let i = 0; i < ${FLOOD}; i++) process.emitWarning('w'.repeat(1000)) })
process.on('SIGWINCH', () => setImmediate(() => { throw new Error('nobody catches this') }))`

/** A pipe that is full already: nobody has read it for a while. */
function fullPipe() {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-pipe-'))
  const path = join(directory, 'pipe')
  execFileSync('mkfifo', [path])
  const ours = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const fill = () => {
    for (;;) writeSync(ours, Buffer.alloc(4096, '.\n'))
  }
  assert.throws(fill, { code: 'EAGAIN' })
  const stderr = openSync(path, constants.O_WRONLY)
  const buffer = Buffer.alloc(65_536)
  let text = ''
  return {
    stderr,
    /** Reads until there is a line with this in it. @returns the lines of the log until then */
    async read(message: string) {
      await until(() => {
        try {
          text += buffer.toString('latin1', 0, readSync(ours, buffer))
        } catch {
          // Nothing is there for now.
        }
        return text.includes(message) && text.endsWith('\n')
      }, message)
      const lines = text.split('\n').filter((line) => line !== '' && line !== '.')
      return lines.map((line): Record<string, unknown> => JSON.parse(line))
    },
    [Symbol.dispose]() {
      closeSync(ours)
      closeSync(stderr)
      rmSync(directory, { recursive: true })
    },
  }
}

/** A server whose log cannot be asked whether it is ready. */
async function served(stderr: RunOptions['stderr']): Promise<Server> {
  await using stack = new AsyncDisposableStack()
  const url = `http://127.0.0.1:${await freePort()}`
  const env = {
    GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    GATEHOUSE_DATABASE_URL: 'sqlite::memory:',
    GATEHOUSE_PORT: new URL(url).port,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(onSignals)}`,
  }
  const server = stack.use(new Gatehouse(['serve'], { env, ...(stderr !== undefined && { stderr }) }))
  const ready = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  await until(async () => !server.running || (await ready()), 'the server is ready or has ended')
  assert.ok(server.running)
  stack.move()
  return Object.assign(server, { url })
}

/** Makes projects, each of which is a line of the log. @returns how many calls were answered with what was asked for */
async function calls(server: Server, count: number): Promise<number> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }
  const url = `${server.url}/v1/organization/projects`
  const all = Array.from({ length: count }, () => fetch(url, { method: 'POST', headers, body: '{"name":"p"}' }))
  return (await Promise.all(all)).filter(({ status }) => status === 200).length
}

async function dropped(server: Server): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(/^gatehouse_log_lines_dropped_total (\d+)$/m.exec(text)?.[1] ?? 0)
}

describe('a log that nobody reads', { concurrency: 2 }, () => {
  test('holds up no call; what does not fit is dropped, counted, and told by one line when there is room again', async () => {
    using pipe = fullPipe()
    await using server = await served(pipe.stderr)
    server.signal('SIGUSR2')
    await until(async () => (await dropped(server)) > 0, 'lines are dropped')
    assert.equal(await calls(server, 100), 100)
    const lost = await dropped(server)
    assert.ok(lost > 100, 'those of the calls too')

    await pipe.read('were dropped')
    assert.equal(await calls(server, 5), 5)
    server.signal('SIGTERM')
    const lines = await pipe.read('stopping')
    assert.equal((await endsWithin(server, PROMPT_MS)).code, 0)
    const told = lines.filter((line) => line.dropped !== undefined)
    assert.deepEqual(
      told.map((line) => [line.dropped, line.msg]),
      [[lost, `${lost} lines of the log were dropped: they could not be written in time`]],
    )
    const count = (message: string) => lines.filter(({ msg }) => msg === message).length
    assert.equal(count('Gatehouse is ready'), 1)
    assert.equal(count('changed'), 5)
    assert.equal(count('a warning of Node') + lost, FLOOD + 100)
  })

  test('what waits is written at the stop, when somebody reads then', async () => {
    using pipe = fullPipe()
    await using server = await served(pipe.stderr)
    assert.equal(await calls(server, 3), 3)
    server.signal('SIGTERM')
    const messages = (await pipe.read('stopping')).map(({ msg }) => msg)
    assert.equal((await endsWithin(server, PROMPT_MS)).code, 0)
    assert.equal(messages[0], 'database migrated')
    assert.deepEqual(messages.slice(-5), [
      'Gatehouse is ready',
      ...['changed', 'changed', 'changed'],
      'stopping: what is running is finished first',
    ])
  })

  const ends: [what: string, end: (server: Server) => void, code: number][] = [
    ['a stop', (server) => server.signal('SIGTERM'), 0],
    ['a failure that nobody catches', (server) => server.signal('SIGWINCH'), 1],
  ]
  for (const [what, end, code] of ends) {
    for (const kind of ['pipe', 'socket'] as const) {
      test(`does not hang ${what}: ${kind}`, async () => {
        using pipe = fullPipe()
        await using server = await served(kind === 'pipe' ? pipe.stderr : 'unread')
        server.signal('SIGUSR2')
        await until(async () => (await dropped(server)) > 0, 'lines are dropped')
        assert.equal(await calls(server, 10), 10)
        end(server)
        await until(() => !server.running, 'the process has ended', PROMPT_MS)
        server.child.stderr?.resume()
        assert.equal((await server.ended).code, code)
      })
    }
  }

  test('does not hang a start that fails', async () => {
    using pipe = fullPipe()
    await using first = await served('ignore')
    const env = { GATEHOUSE_DATABASE_URL: 'sqlite::memory:', GATEHOUSE_PORT: new URL(first.url).port }
    await using second = new Gatehouse(['serve'], { env, stderr: pipe.stderr })
    assert.equal((await endsWithin(second, PROMPT_MS)).code, 1)
  })

  test('of a file nothing is lost, and nothing waits', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-log-'))
    using _ = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) }
    const path = join(directory, 'log')
    await using server = await served(openSync(path, 'a'))
    server.signal('SIGUSR2')
    assert.equal(await calls(server, 10), 10)
    server.signal('SIGWINCH')
    assert.equal((await endsWithin(server, PROMPT_MS)).code, 1)
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
    const messages = lines.map((line) => JSON.parse(line).msg)
    assert.equal(messages.filter((msg) => msg === 'a warning of Node').length, FLOOD)
    assert.equal(messages.at(-1), 'the process ends: a failure that nobody caught')
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import OpenAI from 'openai'
import { openTestDatabase } from '../support/databases.ts'
import { modelsFile } from '../support/models-file.ts'
import { freePort } from '../support/ports.ts'
import { endsWithin, type Server, serve, until } from './gatehouse.ts'

const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'
/** How long a shutdown may take when nothing is running: far less than it waits for what is. */
const PROMPT_MS = 5000

/** A model server that begins an answer and ends it when it is told to. */
async function slowModel() {
  const answers: ServerResponse[] = []
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\n\n')
    answers.push(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${port}/v1`,
    finish: () => answers.forEach((answer) => void answer.end('data: last\n\n')),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function keyOfAProject(server: Server): Promise<{ id: string; project: string; value: string }> {
  const { projects } = client(server).admin.organization
  const { id: project } = await projects.create({ name: 'p' })
  const { api_key } = await projects.serviceAccounts.create(project, { name: 'bot' })
  assert.ok(api_key)
  return { ...api_key, project }
}

const client = (server: Server) =>
  new OpenAI({ baseURL: `${server.url}/v1`, adminAPIKey: ADMIN_KEY, apiKey: 'unused', maxRetries: 0 })

const stream = (server: Server, key: string) =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"model":"m","messages":[],"stream":true}',
  })

/** A server in the middle of an answer that a model gives piece by piece. */
async function streamingServer(more: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openTestDatabase('sqlite'))
  const model = stack.use(await slowModel())
  const env = {
    GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    GATEHOUSE_DATABASE_URL: database.url,
    GATEHOUSE_UPSTREAM_URL: model.url,
    ...more,
  }
  const server = stack.use(await serve({ env }))
  const key = await keyOfAProject(server)
  const answer = await stream(server, key.value)
  const rest = stack.move()
  return { env, model, server, key, answer, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** Whether somebody still listens there. */
async function refusesConnections(server: Server): Promise<boolean> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const refused = await Promise.race([
    once(socket, 'connect').then(() => false),
    once(socket, 'error').then(() => true),
  ]).catch(() => true)
  socket.destroy()
  return refused
}

describe('shutdown', { concurrency: true }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} lets a streaming call finish, takes no new one, and ends with exit code 0`, async () => {
      await using streaming = await streamingServer()
      const { env, model, server, key, answer } = streaming
      const reading = answer.text()
      server.signal(signal)
      await until(() => refusesConnections(server), 'new connections are refused')
      assert.ok(server.running)
      model.finish()
      assert.equal(await reading, 'data: first\n\ndata: last\n\n')
      // The client keeps its connection for a next call; there is none to wait for.
      const { code, signal: killedBy } = await endsWithin(server, PROMPT_MS)
      assert.deepEqual([code, killedBy], [0, null])

      // The call was the last thing before the end: that it used the key was still written.
      await using again = await serve({ env })
      const { apiKeys } = client(again).admin.organization.projects
      assert.ok((await apiKeys.retrieve(key.id, { project_id: key.project })).last_used_at)
    })
  }

  test('an idle connection that a client keeps open does not hold the end up', async () => {
    await using server = await serve({ env: { GATEHOUSE_DATABASE_URL: 'sqlite::memory:' } })
    using agent = agentOfOne()
    const response = await new Promise<NodeJS.ReadableStream>((resolve) =>
      get(`${server.url}/healthz`, { agent: agent.agent }, resolve),
    )
    assert.match(await text(response), /"ok"/)
    using stack = new DisposableStack()
    const silent = stack.adopt(connect(Number(new URL(server.url).port), '127.0.0.1'), (socket) => socket.destroy())
    // It may be reset as well as ended.
    silent.on('error', () => {})
    await once(silent, 'connect')
    server.signal('SIGTERM')
    const { code } = await endsWithin(server, PROMPT_MS)
    assert.equal(code, 0)
  })

  for (const second of ['SIGTERM', 'SIGINT'] as const) {
    test(`after SIGTERM a second signal (${second}) ends the process at once`, async () => {
      await using streaming = await streamingServer()
      const { server, answer } = streaming
      server.signal('SIGTERM')
      await until(() => /finish/.test(server.stderr), 'the first signal is acknowledged')
      server.signal(second)
      assert.equal((await endsWithin(server, PROMPT_MS)).signal, second)
      await assert.rejects(answer.text())
    })
  }

  test('a call that does not end is given up after as long as the file says, so that a shutdown always ends', async () => {
    await using file = await modelsFile({}, { drain_seconds: 0.5 })
    await using streaming = await streamingServer({ GATEHOUSE_CONFIG: file.path })
    const { server, answer } = streaming
    const cut = assert.rejects(answer.text(), 'the cut is visible: the answer does not look complete')
    server.signal('SIGTERM')
    assert.equal((await endsWithin(server, PROMPT_MS)).code, 0)
    await cut
  })

  test('a server that was stopped leaves its port and its database to the next one', async () => {
    await using database = await openTestDatabase('sqlite')
    const port = String(await freePort())
    const env = { GATEHOUSE_ADMIN_KEY: ADMIN_KEY, GATEHOUSE_DATABASE_URL: database.url, GATEHOUSE_PORT: port }
    for (const expected of [1, 2, 3]) {
      await using server = await serve({ env })
      const { projects } = client(server).admin.organization
      assert.equal((await projects.list()).data.length, expected)
      await projects.create({ name: 'one more' })
      server.signal('SIGTERM')
      assert.equal((await endsWithin(server, PROMPT_MS)).code, 0)
    }
  })
})

function agentOfOne() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  return { agent, [Symbol.dispose]: () => agent.destroy() }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { makeKey, startGate, UPSTREAM_KEY } from './gate.ts'
import { json } from './upstream.ts'

/*
 * Where a model server is led by tools is a policy of the project: nowhere, but what the configuration allows.
 */

type Way = { what: string; path: string; body: (leads: object) => object }

const user = { role: 'user', content: 'x' }
const tool = (leads: object) => ({ type: 'mcp', server_label: 'l', ...leads })
const input = (...items: object[]) => ({ model: 'm1', input: [user, ...items] })

/** Every place where a tool can stand, in responses and in what other servers take for the same. */
const ways: Way[] = [
  ...['/v1/responses', '/v1/responses/compact', '/v1/responses/input_tokens'].flatMap((path): Way[] => [
    { what: `tools of ${path}`, path, body: (leads) => ({ ...input(), tools: [tool(leads)] }) },
    {
      what: `a namespace of ${path}`,
      path,
      body: (leads) => ({
        ...input(),
        tools: [{ type: 'namespace', name: 'n', description: 'x', tools: [tool(leads)] }],
      }),
    },
    {
      what: `tools that were found, ${path}`,
      path,
      body: (leads) => input({ type: 'tool_search_output', call_id: 'c', tools: [tool(leads)] }),
    },
    {
      what: `more tools, ${path}`,
      path,
      body: (leads) => input({ type: 'additional_tools', role: 'developer', tools: [tool(leads)] }),
    },
  ]),
  {
    what: 'a chat',
    path: '/v1/chat/completions',
    body: (leads) => ({ model: 'm1', messages: [user], tools: [tool(leads)] }),
  },
  {
    what: 'tools of a message of a chat',
    path: '/v1/chat/completions',
    body: (leads) => ({ model: 'm1', messages: [{ ...user, tools: [tool(leads)] }] }),
  },
]

const messages = (url: unknown) => ({
  ...{ model: 'm1', max_tokens: 1, messages: [user] },
  mcp_servers: [{ type: 'url', name: 's', url }],
})

/** Two projects behind a server in which nothing is allowed, and one on the same database whose configuration allows some. */
async function start() {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await openTestDatabase('sqlite'))
  const closed = stack.use(await startGate({ databaseUrl: own.url, models: [{ id: 'm1', object: 'model' }] }))
  closed.upstream.answer(json({ id: 'x', output: [], choices: [], content: [], usage: {} }))
  const [a, b] = [await makeKey(closed.app), await makeKey(closed.app)]
  const hosts = ['mcp.example.com', 'http://10.0.0.1:9000', 'connector:connector_gmail', 'tunnel:tunnel_1']
  const file = stack.use(await modelsFile(['m1'], { mcp_hosts: { [a.projectId]: hosts, '*': ['all.example:8443'] } }))
  const env = {
    GATEHOUSE_UPSTREAM_URL: `${closed.upstream.origin}/v1`,
    GATEHOUSE_UPSTREAM_KEY: UPSTREAM_KEY,
    GATEHOUSE_CONFIG: file.path,
  }
  const app = stack.use(await startTestApp({ databaseUrl: own.url, env }))
  const rest = stack.move()
  return { app, closed: closed.app, upstream: closed.upstream, a, b, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

async function verdict(app: TestApp, key: string, path: string, body: object) {
  const { status, headers, body: reply } = await app.send('POST', path, { key, body })
  if (headers.get('x-gatehouse-error-source') !== 'gateway') return 'sent'
  return `${status} ${reply.error?.code ?? reply.error?.details?.error_code}`
}

const REFUSED = '400 not_offered'
const own = [
  { server_url: 'https://mcp.example.com/sse' },
  { server_url: 'HTTPS://MCP.EXAMPLE.COM:443/' },
  { server_url: 'http://10.0.0.1:9000/mcp' },
  { connector_id: 'connector_gmail' },
  { tunnel_id: 'tunnel_1' },
]
const everybodys = { server_url: 'https://all.example:8443/x?y=@z' }
const nobodys = [
  { server_url: 'http://mcp.example.com/sse' },
  { server_url: 'https://mcp.example.com:8443' },
  { server_url: 'https://mcp.example.com.' },
  { server_url: 'https://sub.mcp.example.com' },
  { server_url: 'https://mcp.example.com@evil.example' },
  { server_url: 'https://evil.example\\@mcp.example.com' },
  { server_url: 'https://evil.example#@mcp.example.com' },
  { server_url: ['https://mcp.example.com'] },
  { server_url: { url: 'https://mcp.example.com' } },
  { url: 'https://evil.example' },
  { connector_id: 'connector_dropbox' },
  { connector_id: ['connector_gmail'] },
  { tunnel_id: 'connector_gmail' },
  // One that may be, and one that may not, or is called otherwise.
  { server_url: 'https://mcp.example.com', tunnel_id: 'tunnel_2' },
  { server_url: 'https://mcp.example.com', serverUrl: 'https://mcp.example.com' },
  { Server_URL: 'https://mcp.example.com' },
  { connectorId: 'connector_gmail' },
]

test('a tool leads where its project may, in every place where tools stand, and nowhere else', async () => {
  await using it = await start()
  const { app, closed, a, b, upstream } = it
  for (const { what, path, body } of ways) {
    for (const leads of [...own, everybodys]) {
      const told = `${what}: ${JSON.stringify(leads)}`
      assert.equal(await verdict(app, a.key, path, body(leads)), 'sent', told)
      assert.equal(await verdict(app, b.key, path, body(leads)), leads === everybodys ? 'sent' : REFUSED, told)
      assert.equal(await verdict(closed, a.key, path, body(leads)), REFUSED, told)
    }
    const before = upstream.calls.length
    for (const leads of nobodys)
      assert.equal(await verdict(app, a.key, path, body(leads)), REFUSED, `${what}: ${JSON.stringify(leads)}`)
    assert.equal(upstream.calls.length, before, 'the model server was asked')
  }
  const reply = await app.send('POST', '/v1/responses', { key: b.key, body: ways[0]?.body(own[0] ?? {}) ?? {} })
  assert.equal(reply.body.error.param, 'tools[0].server_url')
  assert.match(reply.body.error.message, /not offered by this server for this project: .*`mcp_hosts`/)
})

test('the servers of tools that a message brings lead where its project may', async () => {
  await using it = await start()
  const { app, closed, a, b } = it
  const sent = (on: TestApp, key: string, url: unknown) => verdict(on, key, '/v1/messages', messages(url))
  assert.equal(await sent(app, a.key, 'https://mcp.example.com/sse'), 'sent')
  assert.equal(await sent(app, b.key, 'https://mcp.example.com/sse'), REFUSED)
  assert.equal(await sent(app, b.key, 'https://all.example:8443'), 'sent')
  assert.equal(await sent(closed, a.key, 'https://mcp.example.com/sse'), REFUSED)
  for (const url of [
    'https://evil.example',
    'https://mcp.example.com@evil.example',
    null,
    7,
    ['https://mcp.example.com'],
    undefined,
  ])
    assert.equal(await sent(app, a.key, url), REFUSED, String(url))
  for (const servers of [
    { url: 'https://mcp.example.com' },
    'https://mcp.example.com',
    ['https://mcp.example.com'],
    [null],
  ])
    assert.match(await verdict(app, a.key, '/v1/messages', { ...messages('x'), mcp_servers: servers }), /^400 /)
  const odd = {
    ...messages('x'),
    mcp_servers: [{ type: 'url', name: 's', url: 'https://mcp.example.com', Url: 'https://evil.example' }],
  }
  assert.equal(await verdict(app, a.key, '/v1/messages', odd), REFUSED)
})

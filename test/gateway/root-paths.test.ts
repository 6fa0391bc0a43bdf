import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPage } from '../../src/console/pages.ts'
import { rootPaths } from '../../src/core/root-paths.ts'
import { routeOf } from '../../src/gateway/routes/match.ts'
import { routes } from '../../src/gateway/routes/table.ts'
import { doorOf } from '../../src/listener/listener.ts'
import { startTestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { checkSent, told } from './check/checking.ts'
import { makeKey, startGate, type TestGate, UPSTREAM_KEY } from './gate.ts'
import { json, startUpstream } from './upstream.ts'

const body = {
  model: 'm1',
  query: 'a',
  documents: ['b'],
  input: 'a',
  prompt: 'a',
  tokens: [1],
  text_1: 'a',
  text_2: 'b',
}

/** Sends a path as it is written, which `fetch` would not. */
function raw({ app, key }: TestGate, method: string, path: string): Promise<number> {
  const text = method === 'GET' ? '' : JSON.stringify(body)
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': text.length }
  return new Promise((resolve, reject) => {
    const call = request(app.url, { agent: false, method, path, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    call.once('error', reject)
    call.end(text)
  })
}

/** Where a model server has the route of each path. */
const asked: [path: string, atServer: string][] = [
  ...['/v1/rerank', '/rerank', '/v2/rerank', '/v1/reranking', '/reranking'].map((path): [string, string] => [
    path,
    '/v1/rerank',
  ]),
  ...['/v1/score', '/score'].map((path): [string, string] => [path, '/v1/score']),
  ...['tokenize', 'detokenize', 'classify', 'pooling'].flatMap((name): [string, string][] => [
    [`/v1/${name}`, `/${name}`],
    [`/${name}`, `/${name}`],
  ]),
]

test('each path of a route is that route, and its model server is asked by one path, with its own key', async () => {
  await using gate = await startGate()
  gate.upstream.answer(json({ usage: { prompt_tokens: 1, total_tokens: 1 } }))
  for (const [path, atServer] of asked) {
    const reply = await gate.app.send('POST', `${path}?model=m2`, { key: gate.key, body })
    assert.equal(reply.status, 200, `${path}: ${reply.text}`)
    const call = gate.upstream.calls.at(-1)
    assert.deepEqual([call?.request.url, call?.header('authorization')], [atServer, `Bearer ${UPSTREAM_KEY}`], path)
    assert.equal((await gate.app.send('POST', path, { key: 'sk-proj-x', body })).status, 401, path)
    assert.equal((await gate.app.send('POST', path, { body })).status, 401, path)
    const other = await gate.app.send('GET', path, { key: gate.key })
    assert.deepEqual([other.status, other.headers.get('allow')], [405, 'POST'], path)
    assert.equal(told(await checkSent(gate.app, 'POST', path, { key: gate.key, body })), '200', path)
  }
  assert.equal(gate.upstream.calls.length, asked.length)
})

test('paths beside `/v1/` come to the gate, and no door has one of them for itself', async () => {
  const declared = Object.values(routes).flatMap(({ aliases }) => aliases.filter((path) => !path.startsWith('/v1/')))
  assert.deepEqual(declared.toSorted(), [...rootPaths].sort())
  for (const path of rootPaths) {
    assert.deepEqual([doorOf(path), doorOf(`${path}?x=/v1/models`), isPage(path)], ['gateway', 'gateway', false], path)
    for (const written of [
      `${path}/`,
      `${path}/x`,
      `/${path}`,
      path.toUpperCase(),
      `${path}%2f`,
      `${path};x`,
      `/.${path}`,
    ])
      assert.equal(doorOf(written), 'operations', written)
  }
  await using gate = await startGate()
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    assert.equal(await raw(gate, 'GET', path), 200, path)
    assert.equal(await raw(gate, 'POST', path), 405, path)
  }
  for (const path of ['/check', '/check/tokenize', '/v1/organization/tokenize'])
    assert.ok((await raw(gate, 'POST', path)) < 500)
  assert.equal(gate.upstream.calls.length, 0)
})

test('a server without the gate has none of its paths', async () => {
  await using gate = await startGate({ only: 'admin,check' })
  for (const path of ['/tokenize', '/v2/rerank', '/v1/score']) assert.equal(await raw(gate, 'POST', path), 404, path)
  assert.equal(gate.upstream.calls.length, 0)
})

test("a model server's root is its URL without the last `/v1`, and nothing above what the operator named", async () => {
  const cases: [path: string, root: string, base: string][] = [
    ['/v1', '', '/v1'],
    ['/v1/', '', '/v1'],
    ['', '', ''],
    ['/', '', ''],
    ['/deep/er/v1', '/deep/er', '/deep/er/v1'],
    ['/deep/v1//', '/deep', '/deep/v1'],
    ['/v1/v1', '/v1', '/v1/v1'],
    ['/deep', '/deep', '/deep'],
    ['/api/v4', '/api/v4', '/api/v4'],
    ['/v1beta/openai', '/v1beta/openai', '/v1beta/openai'],
    ['/v1x', '/v1x', '/v1x'],
    ['/xv1', '/xv1', '/xv1'],
    ['/%761', '/%761', '/%761'],
  ]
  await using fake = await startUpstream()
  const upstreams = Object.fromEntries(
    cases.map(([path], i) => [`u${i}`, { url: fake.origin + path, key: `key-of-u${i}` }]),
  )
  const models = Object.fromEntries(cases.map((_, i) => [`m${i}`, { upstreams: [`u${i}`] }]))
  await using file = await modelsFile(models, { upstreams })
  await using app = await startTestApp({ env: { GATEHOUSE_CONFIG: file.path } })
  const { key } = await makeKey(app)
  for (const [i, [path, root, base]] of cases.entries()) {
    const before = fake.calls.length
    for (const route of ['/tokenize', '/v1/classify', '/rerank'])
      assert.equal((await app.send('POST', route, { key, body: { ...body, model: `m${i}` } })).status, 200)
    const seen = fake.calls.slice(before).map((call) => [call.request.url, call.header('authorization')])
    const expected = [`${root}/tokenize`, `${root}/classify`, `${base}/rerank`]
    assert.deepEqual(
      seen,
      expected.map((url) => [url, `Bearer key-of-u${i}`]),
      path,
    )
  }
})

/** What paths are made of, also those that nobody should write. */
const pieces = [
  ...[
    '/',
    '//',
    '/v1',
    '/v2',
    '/v1/',
    '/.',
    '/..',
    '/%2e%2e',
    '%2f',
    '\\',
    ';x',
    '%00',
    '.',
    'x',
    '?',
    '?x=/v1/rerank',
    '#',
    ' ',
  ],
  ...rootPaths,
  ...rootPaths.map((path) => path.slice(1).toUpperCase()),
  ...['/invocations', '/slots', '/api/chat', '/chat/completions', '/models', '/responses', '/resp_1', '/cancel', '/m1'],
]

test('whatever a path is made of, a model server is asked by a path that is declared, or not at all', () => {
  const fixed = new Map<string, string>(
    Object.values(routes).flatMap(({ path, aliases, servedAt }) =>
      [path, ...aliases].map((one) => [one, servedAt === 'base' ? path : path.slice('/v1'.length)] as const),
    ),
  )
  let found = 0
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }), (parts) => {
      const url = parts.join('')
      const path = url.split('?', 1)[0] ?? ''
      const isGate = path.startsWith('/v1/') || (rootPaths as readonly string[]).includes(path)
      assert.equal(doorOf(url) === 'gateway', isGate, url)
      for (const method of ['GET', 'POST', 'DELETE']) {
        const route = routeAt(method, url)
        if (route === null) continue
        found++
        const atServer = (route.servedAt === 'base' ? '/v1' : '') + route.upstreamPath
        // What has an id in it goes on as it came.
        assert.equal(atServer, route.path.includes('{') ? path : fixed.get(path), url)
      }
    }),
    { numRuns: 20_000 },
  )
  assert.ok(found > 1000, `${found} of them are routes`)
})

/** The route of a request; null where it has none. */
function routeAt(method: string, url: string) {
  try {
    return routeOf(method, url)
  } catch {
    return null
  }
}

/** What model servers have for those who run them, or for nobody to govern. */
const theirOwn = [
  ...[
    '/invocations',
    '/ping',
    '/inference/v1/generate',
    '/inference/v1/completions',
    '/generative_scoring',
    '/v1/generative_scoring',
  ],
  ...['/v1/load_lora_adapter', '/v1/unload_lora_adapter', '/load_lora_adapter', '/lora-adapters', '/v1/lora-adapters'],
  ...[
    '/slots',
    '/slots/0',
    '/v1/slots',
    '/props',
    '/v1/props',
    '/v1/streams',
    '/v1/stream/conv_1',
    '/v1/chat/completions/control',
  ],
  ...[
    '/api/chat',
    '/api/generate',
    '/api/pull',
    '/api/delete',
    '/api/tags',
    '/api/embed',
    '/completion',
    '/infill',
    '/embedding',
  ],
  ...['/chat/completions', '/completions', '/embeddings', '/responses', '/models', '/models/load', '/v1/models/load/x'],
  ...[
    '/tokenizer_info',
    '/apply-template',
    '/cors-proxy',
    '/tools',
    '/sleep',
    '/wake_up',
    '/reset_prefix_cache',
    '/collective_rpc',
  ],
  ...[
    '/v2/embed',
    '/v2/models',
    '/v1/messages/batches',
    '/v1/chat/completions/batch',
    '/v1/chat/completions/render',
    '/generate',
  ],
]

test('what model servers have for those who run them reaches none, however it is written', async () => {
  await using gate = await startGate()
  const encoded = (path: string) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
  const ways: ((path: string) => string)[] = [
    (path) => path,
    (path) => `/${path}`,
    (path) => `${path}/`,
    (path) => `${path}?x=1`,
    (path) => path.replaceAll('/', '//'),
    (path) => `/.${path}`,
    (path) => `/v1/..${path}`,
    (path) => `/v1/%2e%2e${path}`,
    (path) => `/tokenize/..${path}`,
    (path) => `/tokenize/..%2f${path.slice(1)}`,
    (path) => `/v1/tokenize/../..${path}`,
    (path) => `/rerank${path}`,
    (path) => `/v1/rerank;${path}`,
    (path) => `/v1${path}`,
    (path) => `/v2${path}`,
    (path) => `\\${path}`,
    (path) => path.toUpperCase(),
    encoded,
    (path) => encoded(encoded(path)).replaceAll('%', '%25'),
    (path) => `http://elsewhere.example${path}`,
  ]
  // What is there by an upstream's offer alone is here not there. Where it is, such a path names a thing by its id, which has an owner or is 404.
  const governed = (path: string) => {
    const route = routeAt('POST', path)
    return route?.offered === null ? route.name : null
  }
  for (const path of theirOwn) {
    assert.equal(governed(path), null, path)
    for (const way of ways) {
      const written = way(path)
      // `/v1` before some of these makes a route of the original's.
      if (governed(written) !== null) continue
      for (const method of ['POST', 'GET']) {
        if (method === 'GET' && /^\/v1\/models\b/.test(written)) continue
        const status = await raw(gate, method, written)
        assert.ok([400, 404, 405].includes(status), `${method} ${written}: ${status}`)
      }
    }
  }
  assert.deepEqual(
    gate.upstream.calls.map(({ request }) => request.url),
    [],
  )
})

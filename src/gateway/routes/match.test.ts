import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../contract/error.ts'
import { routeOf, withQuery } from './match.ts'
import type { GatewayRoute } from './table.ts'

/** The route of a request whose caller is known. */
const asked = (method: string, url: string) => withQuery(routeOf(method, url), url)

function refused(method: string, url: string): ApiError {
  try {
    asked(method, url)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  return assert.fail(`${method} ${url} was let through`)
}

test('each governed request has the name, the permission, the body and the report of its own', () => {
  const ask = 'api.model.request'
  const [read, write] = ['api.responses.read', 'api.responses.write']
  const cases: [string, string, GatewayRoute['name'], string, string, boolean, string | null][] = [
    ['POST', '/v1/chat/completions', 'chat.completions.create', ask, 'json', true, 'completions'],
    ['POST', '/v1/completions', 'completions.create', ask, 'json', true, 'completions'],
    ['POST', '/v1/embeddings', 'embeddings.create', ask, 'json', true, 'embeddings'],
    ['POST', '/v1/moderations', 'moderations.create', ask, 'json', true, 'moderations'],
    ['POST', '/v1/responses', 'responses.create', write, 'json', true, 'completions'],
    ['POST', '/v1/responses/compact', 'responses.compact', write, 'json', true, 'completions'],
    ['POST', '/v1/responses/input_tokens', 'responses.inputTokens.count', write, 'json', true, null],
    ['GET', '/v1/responses/resp_1', 'responses.retrieve', read, 'none', false, null],
    ['DELETE', '/v1/responses/resp_1', 'responses.delete', write, 'none', false, null],
    ['POST', '/v1/responses/resp_1/cancel', 'responses.cancel', write, 'none', false, null],
    ['GET', '/v1/responses/resp_1/input_items', 'responses.inputItems.list', read, 'none', false, null],
    ['POST', '/v1/images/generations', 'images.generate', ask, 'json', true, 'images'],
    ['POST', '/v1/images/edits', 'images.edit', ask, 'form', true, 'images'],
    ['POST', '/v1/images/variations', 'images.createVariation', ask, 'form', true, 'images'],
    ['POST', '/v1/audio/speech', 'audio.speech.create', ask, 'json', true, 'audio_speeches'],
    ['POST', '/v1/audio/transcriptions', 'audio.transcriptions.create', ask, 'form', true, 'audio_transcriptions'],
    ['POST', '/v1/audio/translations', 'audio.translations.create', ask, 'form', true, 'audio_transcriptions'],
    ['POST', '/v1/rerank', 'rerank', ask, 'json', true, 'embeddings'],
    ['POST', '/v1/score', 'score', ask, 'json', true, 'embeddings'],
    ['POST', '/v1/classify', 'classify', ask, 'json', true, 'embeddings'],
    ['POST', '/v1/pooling', 'pooling', ask, 'json', true, 'embeddings'],
    ['POST', '/v1/tokenize', 'tokenize', ask, 'json', true, null],
    ['POST', '/v1/detokenize', 'detokenize', ask, 'json', true, null],
    ['GET', '/v1/models', 'models.list', 'api.model.read', 'none', false, null],
    ['GET', '/v1/models/m1', 'models.retrieve', 'api.model.read', 'none', false, null],
  ]
  for (const [method, url, ...expected] of cases) {
    const { name, permission, body, report, upstreamPath } = routeOf(method, url)
    const namesModel = body.kind !== 'none'
    const usage = report.kind === 'none' ? null : report.kind
    assert.deepEqual([name, permission, body.kind, namesModel, usage], expected, url)
    assert.equal(upstreamPath, url.slice('/v1'.length))
  }
})

test('a request for a fixed path costs no new object', () => {
  assert.equal(routeOf('POST', '/v2/rerank'), routeOf('POST', '/v1/rerank?x=1'))
  assert.equal(routeOf('POST', '/v1/chat/completions'), routeOf('POST', '/v1/chat/completions?x=1'))
  assert.equal(routeOf('POST', '/v1/chat/completions'), asked('POST', '/v1/chat/completions?x=1'))
})

test('a response is named by its path, whatever the path of another route looks like', () => {
  assert.equal(routeOf('GET', '/v1/responses/resp_1').ids.response_id, 'resp_1')
  assert.equal(routeOf('POST', '/v1/responses/resp-A_9/cancel').ids.response_id, 'resp-A_9')
  assert.equal(routeOf('GET', `/v1/responses/${'r'.repeat(200)}`).ids.response_id, 'r'.repeat(200))
  assert.equal(routeOf('POST', '/v1/responses').ids.response_id, undefined)
  for (const method of ['GET', 'DELETE'])
    for (const path of ['/v1/responses/compact', '/v1/responses/input_tokens'])
      assert.deepEqual([refused(method, path).status, refused(method, path).headers.allow], [405, 'POST'])
  const tricks = [
    '',
    '/',
    '.',
    '..',
    '%2e',
    'a%2Fb',
    'a.b',
    'a b',
    'a/',
    'a//cancel',
    'a/cancel/',
    'a/Cancel',
    'caf\u00e9',
  ]
  for (const id of [...tricks, 'r'.repeat(201), 'a/../b', 'a/input_items/x', 'a\n', 'a;b', 'a/output_items'])
    for (const method of ['GET', 'POST', 'DELETE'])
      assert.equal(refused(method, `/v1/responses/${id}`).status, 404, JSON.stringify(id))
})

test('a path with several methods takes each, and says so to the others', () => {
  for (const [method, url, allow] of [
    ['POST', '/v1/responses/resp_1', 'GET, HEAD, DELETE'],
    ['GET', '/v1/responses/resp_1/cancel', 'POST'],
    ['DELETE', '/v1/responses/resp_1/input_items', 'GET, HEAD'],
    ['PUT', '/v1/models/m1', 'GET, HEAD'],
    ['DELETE', '/v1/chat/completions', 'POST, GET'],
    ['DELETE', '/v1/completions', 'POST'],
    ['HEAD', '/v1/embeddings', 'POST'],
    ['get', '/v1/models', 'GET, HEAD'],
    ['head', '/v1/models', 'GET, HEAD'],
  ] as const)
    assert.deepEqual([refused(method, url).status, refused(method, url).headers.allow], [405, allow])
})

test('of a query, an upstream hears what its route takes, and nothing else', () => {
  const path = '/v1/responses/resp_1'
  const cases: [string, string, boolean][] = [
    ['', '', false],
    ['?', '', false],
    ['?stream=true', '?stream=true', true],
    ['?str%65am=true&model=m2', '?stream=true', true],
    ['?stream=false&include[]=a.b&include[]=c', '?stream=false&include%5B%5D=a.b&include%5B%5D=c', false],
    ['?include=a&include=b&starting_after=4', '?include=a&include=b&starting_after=4', false],
    ['?model=m2&api-version=1&limit=3', '', false],
    ['?include=true%26model=m2', '?include=true%26model%3Dm2', false],
    ['?include=a%0d%0aX-Injected:%201#x', '?include=a%0D%0AX-Injected%3A+1%23x', false],
    ['?include_obfuscation=False&include=%zz', '?include_obfuscation=false&include=%25zz', false],
    ['?include[0]=a&include[1]=b&include%5B7%5D=c', '?include%5B%5D=a&include%5B%5D=b&include%5B%5D=c', false],
    ...['True', 'TRUE', '1'].map((said): [string, string, boolean] => [`?stream=${said}`, '?stream=true', true]),
    ...['False', '0'].map((said): [string, string, boolean] => [`?stream=${said}`, '?stream=false', false]),
  ]
  for (const [query, sent, stream] of cases) {
    const route = asked('GET', path + query)
    assert.deepEqual([route.upstreamPath, route.stream], [`/responses/resp_1${sent}`, stream], query)
  }
  const items = asked('GET', `${path}/input_items?limit=5&order=asc&after=msg_1&stream=true`)
  assert.equal(items.upstreamPath, '/responses/resp_1/input_items?limit=5&order=asc&after=msg_1')
  for (const url of ['/v1/chat/completions?model=m2', '/v1/models?limit=2', '/v1/responses?beta=true'])
    assert.ok(!asked(url.includes('models') ? 'GET' : 'POST', url).upstreamPath.includes('?'))
  for (const method of ['DELETE', 'POST'])
    assert.ok(!asked(method, `${path}${method === 'POST' ? '/cancel' : ''}?stream=true`).upstreamPath.includes('?'))
})

test('a number or a switch of a query that is none is refused: the model server could take it for one', () => {
  const wrong: [query: string, param: string][] = [
    ...['', '%20', 'yes', 'on', '2', 'tru', 'true%20', '%EF%BC%91', 'a%0d%0a', 'true%26model=m2'].map(
      (said): [string, string] => [`stream=${said}`, 'stream'],
    ),
    ...['', '%20', '+5', '%2B5', '1e2', '0x10', '5.0', '%D9%A5', '5%20', 'x'].map((said): [string, string] => [
      `starting_after=${said}`,
      'starting_after',
    ]),
    ['include_obfuscation=maybe', 'include_obfuscation'],
  ]
  for (const [query, param] of wrong) {
    const { status, code, param: named } = refused('GET', `/v1/responses/resp_1?${query}`)
    assert.deepEqual([status, code, named], [400, 'invalid_type', param], query)
  }
  for (const limit of ['%20', '+5', '1e2', '5.0'])
    assert.equal(refused('GET', `/v1/responses/resp_1/input_items?limit=${limit}`).param, 'limit')
})

test('a query that says a thing twice is refused: readers differ in which one holds', () => {
  for (const query of [
    'stream=true&stream=false',
    'stream=true&str%65am=false',
    'stream[]=true',
    'starting_after=1&starting_after=2',
  ]) {
    const error = refused('GET', `/v1/responses/resp_1?${query}`)
    assert.deepEqual([error.status, error.code], [400, 'duplicate_parameter'], query)
  }
})

test('finding a route reads no query, and nobody is read more parameters than there is a use for', () => {
  const path = '/v1/responses/resp_1'
  assert.equal(routeOf('GET', `${path}?stream=true&stream=false`).upstreamPath, '/responses/resp_1')
  assert.equal(asked('GET', `${path}?${'include=a&'.repeat(255)}stream=true`).stream, true)
  assert.match(refused('GET', `${path}?${'include=a&'.repeat(256)}`).message, /more than 256 parameters/)
})

test('what the original offers besides is told apart from what nobody offers', () => {
  const offered = [
    'agents',
    'decisions',
    'audio/voices',
    'audio/voice_consents',
    'live/sessions',
    'vaults/v1',
    'videos/edits',
  ]
  const more = ['content_provenance_checks', 'conversations/c1/x', 'webhook_endpoints/w1/x', 'images/x']
  for (const path of [...offered, ...more]) {
    const error = refused('POST', `/v1/${path}`)
    assert.deepEqual([error.status, error.code], [404, 'not_offered'], path)
  }
  for (const [method, url] of [
    ['DELETE', '/v1/models/ft:m1:org::1'],
    ['GET', '/v1/safety/alerts/a1'],
  ] as const)
    assert.deepEqual([refused(method, url).status, refused(method, url).code], [404, 'not_offered'], url)
  for (const path of [
    '/v1/nothing',
    '/v1/chat',
    '/v1/chat/completions/',
    '/v1/audio2',
    '/v1/__proto__',
    '/v1/constructor',
    '/v1/agentsx',
  ])
    assert.deepEqual([refused('POST', path).status, refused('POST', path).code], [404, null], path)
})

test('the routes of models say which model they are about', () => {
  const of = (method: string, url: string) => [routeOf(method, url).answeredBy, routeOf(method, url).ids.model]
  assert.deepEqual(of('GET', '/v1/models'), ['catalogue', undefined])
  assert.deepEqual(of('GET', '/v1/models/org%2Fm'), ['catalogue', 'org/m'])
  assert.deepEqual(of('POST', '/v1/responses'), ['model_server', undefined])
  for (const [written, id] of [
    ['a%252Fb', 'a%2Fb'],
    ['%2Fmodels%2Fq.gguf', '/models/q.gguf'],
    ['..%2Fmodels%2Fq.gguf', '../models/q.gguf'],
    ['C:%5Cmodels%5Cq.gguf', 'C:\\models\\q.gguf'],
    ['My%20Model%20(Q4).gguf', 'My Model (Q4).gguf'],
    ["a!$&'()*+,;=:@b", "a!$&'()*+,;=:@b"],
    ['%C3%BC-model', 'ü-model'],
    ['%E6%A8%A1'.repeat(200), '模'.repeat(200)],
  ] as const)
    assert.equal(routeOf('GET', `/v1/models/${written}`).ids.model, id)
  const none = [
    'a%FFb',
    'a%ED%A0%80',
    'a%0A',
    'a%E2%80%AEb',
    'a\\b',
    'a b',
    'a"b',
    'a^b',
    '%20a',
    '.',
    '%2e',
    'a/%2e%2E/b',
  ]
  for (const written of [...none, 'a//b', '/a', 'a/', '%', '%zz', '%E6%A8%A1'.repeat(201), 'x'.repeat(201)])
    assert.equal(refused('GET', `/v1/models/${written}`).status, 404, written)
})

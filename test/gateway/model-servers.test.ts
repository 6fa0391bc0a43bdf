import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { modelsFile } from '../support/models-file.ts'
import { metered } from './declared.ts'
import { makeKey, startEcho, startGate, type TestGate } from './gate.ts'
import { json, type Script, until } from './upstream.ts'

/** A thousandth of a dollar for each token of input. */
const price_per_million = { input: 1000, output: 0 }
const TOKEN_NANO = 1_000_000

const rerank = { model: 'm1', query: 'What is a panda?', documents: ['a bear', 'a kind of bread'] }
const results = [{ index: 0, document: { text: 'a bear' }, relevance_score: 0.9 }]
const score = { model: 'm1', text_1: 'a panda', text_2: ['a bear', 'a kind of bread'] }
const input = { model: 'm1', input: ['one text', 'and another'] }
const data = [{ index: 0, object: 'score', score: 0.5 }]

/** Whatever is no JSON: numbers as bytes, of which the first is the one that the field of an event can begin with. */
const bytes: Script = async ({ response, whole }) => {
  await whole
  response.writeHead(200, { 'content-type': 'application/octet-stream', metadata: '{"usage":{}}' })
  response.end(Buffer.from('data: \n\n'.repeat(4)))
}

/** What servers answer, and how much of it is charged; null: it is counted here. */
const answers: [what: string, path: string, body: object, answer: Script, tokens: number | null][] = [
  [
    'vLLM',
    '/v1/rerank',
    rerank,
    json({ id: 'rerank-1', model: 'm1', usage: { prompt_tokens: 19, total_tokens: 19 }, results }),
    19,
  ],
  ['an older vLLM', '/rerank', rerank, json({ id: 'rerank-1', model: 'm1', usage: { total_tokens: 56 }, results }), 56],
  [
    'llama.cpp',
    '/v1/reranking',
    rerank,
    json({ model: 'm1', object: 'list', usage: { prompt_tokens: 23, total_tokens: 23 }, results }),
    23,
  ],
  [
    'llama.cpp in the form of TEI',
    '/rerank',
    { ...rerank, texts: rerank.documents },
    json([{ index: 0, score: 0.9 }]),
    null,
  ],
  ['SGLang', '/v1/rerank', { ...rerank, stream: true }, json([{ index: 0, score: 0.9, document: 'a bear' }]), null],
  ['Cohere', '/v2/rerank', rerank, json({ results, meta: { billed_units: { search_units: 1 } } }), null],
  [
    'vLLM',
    '/v1/score',
    score,
    json({ id: 'score-1', object: 'list', data, usage: { prompt_tokens: 12, total_tokens: 12 } }),
    12,
  ],
  ['vLLM in its examples', '/score', score, json({ id: 'score-1', object: 'list', data, usage: {} }), null],
  [
    'a server that counts nothing',
    '/score',
    score,
    json({ object: 'list', data, usage: { prompt_tokens: 0, total_tokens: 0 } }),
    null,
  ],
  [
    'vLLM',
    '/classify',
    input,
    json({
      object: 'list',
      data: [{ label: 'x', probs: [1] }],
      usage: { prompt_tokens: 8, total_tokens: 8, completion_tokens: 0 },
    }),
    8,
  ],
  [
    'vLLM',
    '/v1/pooling',
    input,
    json({
      object: 'list',
      data: [{ data: [[0.1]] }],
      usage: { prompt_tokens: 7, total_tokens: 7, completion_tokens: 0 },
    }),
    7,
  ],
  ['vLLM with bytes', '/pooling', { ...input, encoding_format: 'bytes' }, bytes, null],
  ['nobody', '/classify', input, json({}), null],
]

describe('what model servers have beside the original', () => {
  let gate: TestGate
  let file: Awaited<ReturnType<typeof modelsFile>>
  before(async () => {
    file = await modelsFile({ m1: { price_per_million } })
    gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  })
  after(async () => {
    await gate[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
  })

  for (const [what, path, body, answer, tokens] of answers) {
    test(`${path} as ${what} answers it is charged with ${tokens ?? 'what is counted here'}`, async () => {
      const place = await makeKey(gate.app)
      gate.upstream.answer(answer)
      const reply = await fetch(gate.app.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${place.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      assert.equal(reply.status, 200)
      await reply.arrayBuffer()
      const rows = () => metered(gate, place)
      await until(async () => (await rows()).some(({ kind }) => kind === 'costs'), 'what it did cost')
      const [use] = (await rows()).filter(({ kind }) => kind === 'embeddings')
      const [cost] = (await rows()).filter(({ kind }) => kind === 'costs')
      const used = Number(use?.input_tokens)
      assert.ok(tokens === null ? used >= 3 && used <= 60 : used === tokens, `${used} tokens`)
      assert.deepEqual([use?.num_model_requests, use?.output_tokens], [1, 0])
      assert.deepEqual([cost?.line_item, cost?.amount_nano], ['m1, input_tokens', used * TOKEN_NANO])
    })
  }

  test('a long question of many texts is charged by what is read, where its server says nothing', async () => {
    const place = await makeKey(gate.app)
    gate.upstream.answer(json({ results }))
    const query = 'panda '.repeat(100)
    const documents = Array.from({ length: 50 }, () => 'bear')
    const { status } = await gate.app.send('POST', '/v1/rerank', {
      key: place.key,
      body: { ...rerank, query, documents },
    })
    assert.equal(status, 200)
    const rows = () => metered(gate, place)
    await until(async () => (await rows()).some(({ kind }) => kind === 'embeddings'), 'the use')
    const [use] = (await rows()).filter(({ kind }) => kind === 'embeddings')
    assert.ok(Number(use?.input_tokens) > 50 * 100, `${use?.input_tokens} tokens`)
  })

  test('what a server reports is believed up to what can have been read, pair by pair', async () => {
    const place = await makeKey(gate.app)
    const documents = Array.from({ length: 50 }, () => 'bear')
    for (const [said, charged] of [
      [5000, 5000],
      [5_000_000, null],
    ] as const) {
      gate.upstream.answer(json({ results, usage: { prompt_tokens: said, total_tokens: said } }))
      const before = (await metered(gate, place)).reduce((sum, { input_tokens }) => sum + Number(input_tokens), 0)
      const { key } = place
      assert.equal((await gate.app.send('POST', '/rerank', { key, body: { ...rerank, documents } })).status, 200)
      const used = async () =>
        (await metered(gate, place)).reduce((sum, { input_tokens }) => sum + Number(input_tokens), 0) - before
      await until(async () => (await used()) > 0, 'the use')
      const now = await used()
      assert.ok(charged === null ? now < 100_000 : now === charged, `${now} of ${said}`)
    }
  })

  test('tokens are told apart for nothing, and counted as requests', async () => {
    const { key, projectId } = await makeKey(gate.app)
    const { projects } = gate.app.admin().organization
    const limits = { project_id: projectId, max_requests_per_1_minute: 2, max_tokens_per_1_minute: 0 }
    await projects.rateLimits.updateRateLimit('rl-m1', limits)
    gate.upstream.answer(json({ count: 3, max_model_len: 4096, tokens: [1, 2, 3] }))
    const body = { model: 'm1', messages: [{ role: 'user', content: 'hello' }], return_token_strs: true }
    const first = await gate.app.send('POST', '/tokenize', { key, body })
    assert.deepEqual(
      [first.status, first.body.count, first.headers.get('x-ratelimit-remaining-requests')],
      [200, 3, '1'],
    )
    gate.upstream.answer(json({ content: 'hello' }))
    const second = await gate.app.send('POST', '/v1/detokenize', { key, body: { model: 'm1', tokens: [1, 2, 3] } })
    assert.deepEqual([second.status, second.body], [200, { content: 'hello' }])
    const third = await gate.app.send('POST', '/v1/tokenize', { key, body })
    assert.deepEqual([third.status, third.body.error.code], [429, 'rate_limit_exceeded'])
    const chat = await gate.app.send('POST', '/v1/rerank', { key, body: rerank })
    assert.equal(chat.status, 429, 'the same model reads no token for money')
  })

  test('what a server has not is its own 404, and costs nothing', async () => {
    const place = await makeKey(gate.app)
    gate.upstream.answer(json({ detail: 'Not Found' }, 404))
    const refused = await gate.app.send('POST', '/pooling', { key: place.key, body: input })
    assert.deepEqual([refused.status, refused.headers.get('x-gatehouse-error-source')], [404, 'upstream'])
    gate.upstream.answer(json({ usage: { prompt_tokens: 7, total_tokens: 7 } }))
    assert.equal((await gate.app.send('POST', '/classify', { key: place.key, body: input })).status, 200)
    await until(async () => (await metered(gate, place)).some(({ kind }) => kind === 'embeddings'), 'the use')
    const [use] = (await metered(gate, place)).filter(({ kind }) => kind === 'embeddings')
    assert.deepEqual([use?.num_model_requests, use?.input_tokens], [1, 7])
  })
})

test('a known kind of model server gets the fields of these routes and its own, and no others', async () => {
  await using gate = await startGate({ env: { GATEHOUSE_UPSTREAM_KIND: 'vllm' } })
  gate.upstream.answer(json({}))
  const { key } = gate
  const told = async (path: string, body: object) => {
    const { status, body: said } = await gate.app.send('POST', path, { key, body })
    return said.error ? `${status} ${said.error.code} ${said.error.param}` : `${status}`
  }
  assert.equal(await told('/rerank', { ...rerank, top_n: 1, use_activation: true, truncate_prompt_tokens: 9 }), '200')
  assert.equal(await told('/pooling', { ...input, task: 'token_embed', embed_dtype: 'float16' }), '200')
  assert.equal(await told('/tokenize', { model: 'm1', prompt: 'x', add_special_tokens: false }), '200')
  assert.equal(await told('/rerank', { ...rerank, of_nobody: 1 }), '400 unknown_parameter of_nobody')
  assert.equal(await told('/tokenize', { model: 'm1', prompt: 'x', lora_name: 'y' }), '400 not_offered lora_name')
})

test('the built-in model says that it has none of these, by the path that it is called by here', async () => {
  await using echo = await startEcho()
  const { status, body } = await echo.send('/tokenize', { model: 'echo', prompt: 'x' })
  assert.deepEqual([status, body.error.code], [404, 'not_offered'])
  assert.match(body.error.message, /does not answer POST \/v1\/tokenize/)
})

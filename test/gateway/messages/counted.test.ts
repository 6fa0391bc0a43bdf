import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { modelsFile } from '../../support/models-file.ts'
import { makeKey, startGate, type TestGate } from '../gate.ts'
import { json, type Script } from '../upstream.ts'
import { asked, MESSAGES, refused } from './model-server.ts'

const COUNT = `${MESSAGES}/count_tokens`
const { max_tokens: _, ...counted } = asked
const missing =
  (status: number): Script =>
  async ({ response, whole }) => {
    await whole
    response.writeHead(status, { 'content-type': 'text/plain' }).end('404 page not found')
  }

describe('tokens of a message are counted', () => {
  let gate: TestGate
  let file: Awaited<ReturnType<typeof modelsFile>>
  before(async () => {
    file = await modelsFile({ m1: { price_per_million: { input: 1000, output: 1000 } } })
    gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  })
  after(async () => {
    await gate[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
  })

  const count = (body: object, key = gate.key) => gate.app.send('POST', COUNT, { key, body })

  test('by the model server, where it can', async () => {
    gate.upstream.answer(json({ input_tokens: 42 }))
    const reply = await count(counted)
    assert.deepEqual([reply.status, reply.body], [200, { input_tokens: 42 }])
    assert.equal(reply.headers.get('x-gatehouse-estimated'), null)
    assert.equal(gate.upstream.calls.at(-1)?.request.url, COUNT)
  })

  for (const status of [404, 405]) {
    test(`by the gate, where that answers ${status}, and it says that it is an estimate`, async () => {
      gate.upstream.answer(missing(status))
      const reply = await count(counted)
      assert.equal(reply.status, 200, reply.text)
      assert.equal(reply.headers.get('x-gatehouse-estimated'), 'input_tokens')
      assert.equal(reply.headers.get('request-id'), reply.headers.get('x-request-id'))
      const { input_tokens: few } = reply.body
      assert.ok(few >= 2 && few < 20, String(few))
      const words = 'one two three four '.repeat(1000)
      const more = (await count({ ...counted, system: words, tools: [{ name: 'x', input_schema: {} }] })).body
      assert.ok(more.input_tokens > 3500 && more.input_tokens < 5000, String(more.input_tokens))
      // A long body is gone by then unless it is kept for it.
      const long = await count({ ...counted, system: words.repeat(20) })
      assert.ok(long.body.input_tokens > 70_000, long.text)
    })
  }

  test('by the gate, of what is too much for that by the estimate that limits go by', async () => {
    gate.upstream.answer(missing(404))
    const system = 'one two three four '.repeat(100_000)
    const { body } = await count({ ...counted, system })
    assert.equal(body.input_tokens, Math.ceil((system.length + 'hello there'.length) / 4))
  })

  test('not where the model server refuses, in the shape of that API', async () => {
    gate.upstream.answer(refused('invalid_request_error', 'messages: required', 400))
    const reply = await count({ model: 'm1' })
    assert.deepEqual([reply.status, reply.body.error.message], [400, 'messages: required'])
  })

  const gone: Record<string, [answer: Script, says: RegExp]> = {
    'in that shape': [refused('not_found_error', 'no such thing: m1', 404), /^no such thing: m1$/],
    'in the shape of chat completions': [
      json(
        { error: { message: 'The model `m1` does not exist.', type: 'NotFoundError', param: null, code: 404 } },
        404,
      ),
      /^The model `m1` does not exist\.$/,
    ],
    'as text': [
      async ({ response, whole }) => {
        await whole
        response.writeHead(404, { 'content-type': 'text/plain' }).end('could not find real modelID for m1')
      },
      /real modelID/,
    ],
  }
  for (const [how, [answer, says]] of Object.entries(gone)) {
    test(`not where the model server has no such model and says so ${how}`, async () => {
      gate.upstream.answer(answer)
      const { status, body, headers } = await count(counted)
      assert.deepEqual([status, body.type, body.error.type], [404, 'error', 'not_found_error'])
      assert.match(body.error.message, says)
      assert.equal(headers.get('x-gatehouse-estimated'), null)
      assert.equal(headers.get('x-gatehouse-error-source'), 'upstream')
    })
  }

  test('by the gate, however long and in whatever pieces that says it has no such route', async () => {
    gate.upstream.answer(async ({ response, whole }) => {
      await whole
      response.writeHead(404, { 'content-type': 'text/html' })
      for (let i = 0; i < 100; i++) response.write(`<p>${'nothing here '.repeat(200)}</p>`)
      response.end()
    })
    const reply = await count(counted)
    assert.deepEqual([reply.status, reply.headers.get('x-gatehouse-estimated')], [200, 'input_tokens'])
  })

  test('as often as limits allow, and it costs nothing', async () => {
    const { projects } = gate.app.admin().organization
    const { key, projectId } = await makeKey(gate.app)
    await projects.spendLimit.update(projectId, { currency: 'USD', interval: 'month', threshold_amount: 1 })
    await projects.rateLimits.updateRateLimit('rl-m1', { project_id: projectId, max_requests_per_1_minute: 3 })
    gate.upstream.answer(missing(404))
    for (let i = 0; i < 2; i++) assert.equal((await count(counted, key)).status, 200)
    gate.upstream.answer(json({ input_tokens: 42 }))
    assert.equal((await count(counted, key)).status, 200)
    const reply = await count(counted, key)
    assert.deepEqual([reply.status, reply.body.error.type], [429, 'rate_limit_error'])
    const rows = gate.app.db.selectFrom('usage_rollup').selectAll().where('project_id', '=', projectId)
    assert.deepEqual(await rows.execute(), [])
  })
})

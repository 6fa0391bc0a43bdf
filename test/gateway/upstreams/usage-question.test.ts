import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { usageAsking } from '../../../src/core/upstream-kind.ts'
import { UsageQuestion } from '../../../src/gateway/upstreams/usage-question.ts'
import { WORKERS } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { CHAT, openCall, question, startGate, type TestGate } from '../gate.ts'
import { large, openLedger } from '../ledger.ts'
import { type Call, EVENTS, event, type Script, until } from '../upstream.ts'

const COMPLETIONS = '/v1/completions'
const JSON_TYPE = { 'content-type': 'application/json' }
const chunk = { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'one two three' } }] }

const sent = (call: Call | undefined) => JSON.parse(call?.body.toString() ?? '{}')

/** A model server that refuses a request for what it does not know, and streams otherwise. */
const strict =
  (
    refuse: (call: Call) => void,
    minds = ({ stream_options }: Record<string, unknown>) => Boolean(stream_options),
  ): Script =>
  async (call) => {
    await call.whole
    if (minds(sent(call))) return refuse(call)
    call.response.writeHead(200, EVENTS).end(event(chunk) + event('[DONE]'))
  }

const refusal =
  (status: number, body: string | Buffer, headers: Record<string, string> = JSON_TYPE) =>
  ({ response }: Call) =>
    response.writeHead(status, headers).end(body)

const pydantic = refusal(
  422,
  '{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}',
)

const stream = ({ app, key }: TestGate, fields: object = {}, path = CHAT) =>
  app.send('POST', path, { key, body: { ...question, stream: true, ...fields } })

/** What of `stream_options` each of its calls brought since, and nothing where they were not there. */
const asked = ({ upstream }: TestGate, from = 0) =>
  upstream.calls
    .slice(from)
    .map((call) => (call.body.includes('stream_options') ? sent(call).stream_options : 'nothing'))
const ASKED = { include_usage: true }

const naming: Record<string, (call: Call) => void> = {
  pydantic,
  'the original, of old': refusal(
    400,
    '{"error":{"message":"Unrecognized request argument supplied: stream_options"}}',
  ),
  'the field within': refusal(
    422,
    '{"detail":[{"loc":["body","x","include_usage"],"msg":"extra fields not permitted"}]}',
  ),
  'a text': refusal(400, 'json: unknown field "stream_options"', { 'content-type': 'text/plain' }),
  'another language': refusal(400, '{"message":"Unrecognized field \\"streamOptions\\" (class ChatRequest)"}'),
  'compressed, unasked': refusal(400, gzipSync('{"error":"stream_options?"}'), {
    ...JSON_TYPE,
    'content-encoding': 'gzip',
  }),
  'in two pieces': ({ response }) => {
    response.writeHead(400, JSON_TYPE).write('{"error":"stream_op')
    setImmediate(() => response.end('tions: unknown"}'))
  },
}

const skip = WORKERS > 1 ? 'each thread learns it for itself' : false

test('a stream that a model server refuses because the gate asks for its usage is had without, and then asked for so at once', {
  skip,
}, async () => {
  await using gate = await startGate()
  for (const [model, refuse] of Object.entries(naming)) {
    const before = gate.upstream.calls.length
    gate.upstream.answer(strict(refuse))
    for (const _ of [1, 2]) {
      const reply = await stream(gate, { model })
      assert.deepEqual([reply.status, reply.text], [200, event(chunk) + event('[DONE]')], model)
    }
    assert.deepEqual(asked(gate, before), [ASKED, 'nothing', 'nothing'], model)
  }
})

test('two tries are one call in limits, money and reports, and its tokens are counted here', async () => {
  await using ledger = await openLedger()
  ledger.gate.upstream.answer(strict(pydantic))
  for (const round of [1, 2]) {
    assert.equal((await stream(ledger.gate, large)).status, 200)
    await ledger.balances(1, 1, `round ${round}`)
    ledger.gate.upstream.answer(strict(pydantic))
  }
})

test('the same of completions, and where the client says null, which asks for nothing', async () => {
  await using gate = await startGate()
  const minds = (body: Record<string, unknown>) => 'stream_options' in body
  gate.upstream.answer(strict(pydantic, minds))
  assert.equal((await stream(gate, { stream_options: null })).status, 200)
  assert.equal(
    (await stream(gate, { prompt: 'x', messages: undefined, stream_options: null }, COMPLETIONS)).status,
    200,
  )
  // What one route does not know another may.
  assert.deepEqual(asked(gate), [ASKED, 'nothing', ASKED, 'nothing'])
})

test('what a client says itself in stream_options stands: its refusal is its own, and teaches nothing of the calls of others', async () => {
  for (const [own, tries, status] of [
    [{ include_usage: true }, [{ include_usage: true }], 422],
    [{ include_usage: false }, [ASKED, { include_usage: false }], 422],
    [{ include_obfuscation: false }, [{ include_obfuscation: false, ...ASKED }, { include_obfuscation: false }], 422],
    [{}, [ASKED, {}], 422],
  ] as const) {
    await using gate = await startGate()
    gate.upstream.answer(strict(pydantic))
    const refused = await stream(gate, { stream_options: own })
    assert.deepEqual([refused.status, asked(gate)], [status, tries], JSON.stringify(own))
    assert.match(refused.text, /extra_forbidden/)
    await stream(gate)
    assert.deepEqual(asked(gate, tries.length), [ASKED, 'nothing'])
  }
  await using gate = await startGate()
  const minds = ({ stream_options }: { stream_options?: { include_usage?: unknown } }) =>
    stream_options?.include_usage !== undefined
  gate.upstream.answer(strict(pydantic, minds))
  const other = { include_obfuscation: false }
  for (const _ of [1, 2]) assert.equal((await stream(gate, { stream_options: other })).status, 200)
  assert.deepEqual(asked(gate), [{ ...other, ...ASKED }, other, { ...other, ...ASKED }, other])
})

const passing: Record<string, [status: number, body: string]> = {
  'it names something else': [400, '{"error":{"message":"no such model"}}'],
  'another status': [404, '{"error":{"message":"stream_options"}}'],
  'a failure': [500, '{"error":{"message":"stream_options"}}'],
  'it names it behind 64 kB': [422, `{"x":"${'x'.repeat(70_000)}","y":"stream_options"}`],
  'nothing is said': [400, ''],
}

test('any other refusal is for the client, byte for byte, and is not tried again', async () => {
  await using ledger = await openLedger()
  const { gate } = ledger
  for (const [what, [status, body]] of Object.entries(passing)) {
    const before = gate.upstream.calls.length
    gate.upstream.answer(strict(refusal(status, body)))
    const reply = await stream(gate, large)
    assert.deepEqual([reply.status, reply.text], [status, body], what)
    assert.equal(reply.headers.get('x-gatehouse-error-source'), 'upstream')
    assert.equal(gate.upstream.calls.length, before + 1)
    await ledger.balances(1, 0, what)
  }
  // What is refused once more, in whatever words, is that refusal; and nothing is learned from it.
  gate.upstream.answer(async (call) => {
    await call.whole
    const refuse = sent(call).stream_options ? pydantic : refusal(400, '{"error":{"message":"too long"}}')
    refuse(call)
  })
  const before = gate.upstream.calls.length
  for (const _ of [1, 2]) assert.equal((await stream(gate, large)).body.error.message, 'too long')
  assert.deepEqual(asked(gate, before), [ASKED, 'nothing', ASKED, 'nothing'])
  await ledger.balances(2, 0, 'two refusals')
})

test('a client that leaves, or a server that breaks off, while a refusal is read is charged with nothing but its request', async () => {
  await using ledger = await openLedger()
  const { gate } = ledger
  const half = ({ response }: Call) => void response.writeHead(422, JSON_TYPE).write('{"detail":"stream')
  gate.upstream.answer(strict(half))
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify({ ...large, stream: true }))
  await until(() => gate.upstream.calls[0]?.response.headersSent, 'the beginning of a refusal')
  call.destroy()
  await until(() => gate.upstream.calls[0]?.cancelled, 'the cancelled call')
  const broken = (one: Call) => {
    half(one)
    setImmediate(() => one.response.destroy())
  }
  gate.upstream.answer(strict(broken))
  assert.equal((await stream(gate, large)).status, 502)
  await ledger.balances(2, 0)
})

test('a body of any length is sent once more as the client wrote it', async () => {
  await using gate = await startGate()
  gate.upstream.answer(strict(pydantic))
  const messages = [{ role: 'user', content: 'ü'.repeat(400_000) }]
  const text = ` {"model":"m1",  "messages":${JSON.stringify(messages)},"stream":true, "x":1.0E2 }`
  const reply = await gate.app.send('POST', CHAT, {
    key: gate.key,
    body: text,
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(reply.status, 200)
  const [first, second] = gate.upstream.calls.map(({ body }) => body.toString())
  assert.equal(second, text)
  assert.equal(first, text.replace(' }', ',"stream_options":{"include_usage":true} }'))
})

test('the configuration says of each model server whether it is asked', async () => {
  for (const asks of usageAsking) {
    await using gate = await startGate({ env: { GATEHOUSE_UPSTREAM_ASKS_FOR_USAGE: asks } })
    gate.upstream.answer(strict(pydantic))
    const tries = { auto: [ASKED, 'nothing'], always: [ASKED], never: ['nothing'] }[asks]
    assert.equal((await stream(gate)).status, asks === 'always' ? 422 : 200)
    assert.deepEqual(asked(gate), tries, asks)
  }
  await using gate = await startGate()
  const upstreams = { main: { url: `${gate.upstream.origin}/v1`, asks_for_usage: 'never' } }
  await using file = await modelsFile([], { upstreams })
  await using other = await startGate({
    env: { GATEHOUSE_CONFIG: file.path, GATEHOUSE_UPSTREAM_URL: '', GATEHOUSE_UPSTREAM_KEY: '' },
  })
  gate.upstream.answer(strict(pydantic))
  assert.equal((await stream(other, { stream_options: { include_usage: false } })).status, 422)
  assert.equal((await stream(other)).status, 200)
  assert.deepEqual(asked(gate), [{ include_usage: false }, 'nothing'])
})

test('what was learned is of one route and model, is told once in an hour, and is forgotten after it', () => {
  let now = 0
  const one = new UsageQuestion('auto', () => now)
  const [chat, other] = ['m1', 'm2'].map((usageOf) => ({ upstreamPath: '/chat/completions', usageOf }))
  assert.ok(chat && other)
  assert.equal(one.refused(chat), true)
  assert.deepEqual(
    [one.isAsked(chat), one.isAsked(other), one.isAsked({ ...chat, upstreamPath: '/completions' })],
    [false, true, true],
  )
  now = 3_599_999
  assert.equal(one.isAsked(chat), false)
  assert.equal(one.refused(other), false)
  now = 3_600_000
  assert.deepEqual([one.isAsked(chat), one.isAsked(other)], [true, false])
  // Clients may choose the names.
  for (let i = 0; i < 2000; i++) one.refused({ ...chat, usageOf: `m${i}` })
  assert.deepEqual(
    [one.isAsked({ ...chat, usageOf: 'm999' }), one.isAsked({ ...chat, usageOf: 'm1000' })],
    [true, false],
  )
})

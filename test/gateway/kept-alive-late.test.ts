import assert from 'node:assert/strict'
import { test } from 'node:test'
import { APIError } from 'openai'
import { CHAT, makeKey, openCall, replyTo, startGate, type TestGate } from './gate.ts'
import { large, openLedger } from './ledger.ts'
import { type Call, EVENTS, event, json, type Script, until } from './upstream.ts'

const env = { GATEHOUSE_STREAM_KEEPALIVE_SECONDS: '0.02' }
const asked = { ...large, stream: true }
const COMMENT = /: keep-alive(\r?\n){1,2}/g
const chunk = { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'one two' } }] }
const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 }

/** A stream that began before its reply: all that comes of it but the comments. @param late how the model server answers then */
async function lateReply(
  gate: TestGate,
  late: Script,
  body: object = asked,
): Promise<{ text: string; status: number | undefined }> {
  const waiting = Promise.withResolvers<void>()
  gate.upstream.answer(async (call) => {
    await call.whole
    await waiting.promise
    await late(call)
  })
  const call = openCall(gate, CHAT)
  call.end(JSON.stringify(body))
  const { response, chunks, ended } = await replyTo(call)
  await until(() => chunks.length > 0, 'the first comment')
  waiting.resolve()
  await ended
  return { status: response.statusCode, text: Buffer.concat(chunks).toString().replaceAll(COMMENT, '') }
}

const dataOf = (text: string) => {
  const [, data] = /^event: error\ndata: (.*)\n\n$/.exec(text) ?? assert.fail(text)
  return JSON.parse(data ?? '')
}
const raw =
  (status: number, body: string, headers: Record<string, string> = { 'content-type': 'text/plain' }): Script =>
  ({ response }) =>
    response.writeHead(status, headers).end(body)

const refusals: Record<
  string,
  [late: Script, told: (data: { error: { message: string; code: string } }) => unknown, is: unknown]
> = {
  'of its own': [
    json({ error: { message: 'no', type: 'x', param: null, code: 'too_odd' } }, 400),
    ({ error }) => error.code,
    'too_odd',
  ],
  'of its own, with more beside it': [json({ error: 'no', more: 1 }, 422), (data) => data, { error: 'no', more: 1 }],
  'in JSON of another shape': [json({ detail: 'no' }, 422), ({ error }) => error.message, '{"detail":"no"}'],
  'in words, over several lines': [raw(404, 'no\nsuch'), ({ error }) => error.message, 'no\nsuch'],
  'without a word': [raw(500, ''), ({ error }) => error.message, 'The model server answered with the status 500.'],
  'far too long': [raw(503, 'x'.repeat(200_000)), ({ error }) => error.message.length, 4096],
  'of our account': [
    json({ error: { message: 'org-theirs' } }, 401),
    ({ error }) => error.code,
    'upstream_refused_credentials',
  ],
  'that its account is over its limits': [json({}, 429), ({ error }) => error.code, 'upstream_rate_limited'],
  'by a redirect': [raw(307, ''), ({ error }) => error.code, 'upstream_invalid_reply'],
  'by hanging up': [({ response }: Call) => response.destroy(), ({ error }) => error.code, 'upstream_unreachable'],
}

test('a refusal that comes when its stream has begun is an error event, and is charged as the refusal that it is', async () => {
  await using ledger = await openLedger({ env })
  for (const [what, [late, told, is]] of Object.entries(refusals)) {
    const { status, text } = await lateReply(ledger.gate, late)
    assert.deepEqual([status, told(dataOf(text))], [200, is], what)
    ledger.isClean(text)
    await ledger.balances(1, 0, what)
  }
})

test('the official SDK takes such an event for the failure that it is', async () => {
  await using gate = await startGate({ env })
  gate.upstream.answer(() => {})
  const client = gate.app.client(gate.key)
  const stream = await client.chat.completions.create({ ...large, stream: true })
  json({ error: { message: 'no', type: 'x', param: null, code: 'theirs' } }, 400)(await gate.upstream.call(0))
  await assert.rejects(Array.fromAsync(stream), (error) => error instanceof APIError && error.code === 'theirs')
})

test('where a reply does not begin in time, the stream says so', async () => {
  await using slow = await startGate({ env, timeouts: { replyTimeoutMs: 300 } })
  slow.upstream.answer(() => {})
  const late = await slow.app.send('POST', CHAT, { key: slow.key, body: asked })
  assert.deepEqual([late.status, dataOf(late.text.replaceAll(COMMENT, '')).error.code], [200, 'upstream_timeout'])
})

const answers: Record<string, [late: Script, text: string]> = {
  events: [raw(200, event(chunk) + event({ ...chunk, choices: [], usage }), EVENTS), event(chunk)],
  'events behind a byte order mark': [
    raw(200, `\ufeff${event({ ...chunk, usage })}`, EVENTS),
    event({ ...chunk, usage }),
  ],
  'events behind a byte order mark by itself, under another label': [
    async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      await new Promise((resolve) => response.write('\ufeff', resolve))
      await new Promise(setImmediate)
      response.end(event({ ...chunk, usage }))
    },
    event({ ...chunk, usage }),
  ],
  'JSON behind a byte order mark': [
    raw(200, `\ufeff\n{"choices":[],"usage":${JSON.stringify(usage)}}`, { 'content-type': 'application/json' }),
    `data: {"choices":[],"usage":${JSON.stringify(usage)}}\n\n`,
  ],
  'JSON, on several lines': [
    raw(200, `{"choices":[],\r\n"usage":${JSON.stringify(usage)}}\n`, { 'content-type': 'application/json' }),
    `data: {"choices":[],  "usage":${JSON.stringify(usage)}} \n\n`,
  ],
  'after a refusal to be asked for the usage': [
    (call) => {
      const refused = call.body.includes('stream_options')
      if (refused) return raw(422, 'stream_options?')(call)
      return raw(200, event({ ...chunk, usage }), EVENTS)(call)
    },
    event({ ...chunk, usage }),
  ],
}

test('a reply that comes when its stream has begun is told on it whatever its form, and charged as what it is', async () => {
  await using ledger = await openLedger({ env })
  for (const [what, [late, text]] of Object.entries(answers)) {
    const got = await lateReply(ledger.gate, late)
    assert.deepEqual([got.status, got.text], [200, text], what)
    await ledger.balances(1, 1, what)
  }
  const page = await lateReply(ledger.gate, raw(200, '<!doctype html>', { 'content-type': 'text/html' }))
  assert.equal(dataOf(page.text).error.code, 'upstream_invalid_reply')
})

test('a stream that has begun is broken off as any, and its client may leave or lose its key before the reply', async () => {
  await using ledger = await openLedger({ env })
  const { gate } = ledger
  const broken = await lateReply(gate, ({ response }) => {
    response.writeHead(200, EVENTS).write(event({ ...chunk, usage }), () => response.destroy())
  })
  assert.equal(broken.text, event({ ...chunk, usage }))
  await ledger.balances(1, 1, 'a reply that breaks off')
  const key = await makeKey(gate.app, gate.projectId)
  for (const leave of ['by itself', 'for its key'] as const) {
    gate.upstream.answer(() => {})
    const before = gate.upstream.calls.length
    const call = openCall({ app: gate.app, key: key.key }, CHAT)
    call.end(JSON.stringify(asked))
    const { ended } = await replyTo(call)
    if (leave === 'by itself') call.destroy()
    else await gate.app.admin().organization.projects.apiKeys.delete(key.keyId, { project_id: gate.projectId })
    assert.equal(await ended, 'broken', leave)
    await until(() => gate.upstream.calls[before]?.cancelled, 'the cancelled call')
    await ledger.balances(1, 1, leave)
  }
})

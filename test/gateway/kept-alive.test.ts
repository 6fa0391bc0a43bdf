import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { envelopesOf } from '../../src/gateway/envelopes/envelopes.ts'
import { KeptAlive } from '../../src/gateway/exchange/kept-alive.ts'
import { modelsFile } from '../support/models-file.ts'
import { CHAT, openCall, question, replyTo, startGate, type TestGate } from './gate.ts'
import { type Call, EVENTS, event, json, until } from './upstream.ts'

const env = { GATEHOUSE_STREAM_KEEPALIVE_SECONDS: '0.02' }
const asked = { ...question, stream: true, max_tokens: 50 }
const COMMENT = /: keep-alive(\r?\n){1,2}/g

const chunk = (content: string, more: object = {}) => ({
  ...{ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm1' },
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
  ...more,
})
const USAGE = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 }

/** A stream whose reader says when it goes on, and sees what has come. */
async function open(gate: TestGate, body: object = asked, path = CHAT) {
  const call = openCall(gate, path)
  call.end(JSON.stringify(body))
  const reply = replyTo(call)
  const upstream = await gate.upstream.call(gate.upstream.calls.length)
  await upstream.whole
  const text = async () => Buffer.concat((await reply).chunks).toString()
  const comments = async () => (await text()).match(COMMENT)?.length ?? 0
  return {
    call,
    upstream,
    reply,
    text,
    /** Waits for so many more of them. */
    more: async (count: number) => {
      const before = await comments()
      await until(async () => (await comments()) >= before + count, 'comments')
    },
    /** What of the stream the model server has said. */
    said: async () => (await text()).replaceAll(COMMENT, ''),
  }
}

test('a stream that is silent gets comments, before its first byte too, and is metered and passed on as without them', async () => {
  await using gate = await startGate({ env })
  gate.upstream.answer(() => {})
  // Asked for by the client itself, so that nothing is held back until it is known what it is.
  const stream = await open(gate, { ...asked, stream_options: { include_usage: true } })
  await stream.more(2)
  const { response, ended } = await stream.reply
  assert.equal(response.statusCode, 200)
  assert.match(response.headers['content-type'] ?? '', /^text\/event-stream/)
  assert.match(String(response.headers['x-request-id']), /^req_/)
  assert.match(String(response.headers['openai-project']), /^proj_/)
  assert.ok(Number(response.headers['x-ratelimit-remaining-requests']) > 0)
  const { response: theirs } = stream.upstream
  theirs.writeHead(200, EVENTS).write(event(chunk('one')))
  await stream.more(2)
  // Half an event, in its name, its value, between its lines and in the middle of a line's end.
  let begun = ''
  for (const half of ['da', 'ta: {"id":', `"c1"}\r`, '\nevent: x\r\n', '\r']) {
    theirs.write(half)
    begun += half
    await until(async () => (await stream.text()).endsWith(begun), 'the half')
  }
  theirs.write('\n')
  await stream.more(2)
  const last = event({ ...chunk(''), choices: [], usage: USAGE }) + event('[DONE]')
  theirs.end(last)
  assert.equal(await ended, 'complete')
  assert.equal(await stream.said(), `${event(chunk('one'))}${begun}\n${last}`)
  const start = Math.floor(Date.now() / 1000) - 3600
  const report = `/v1/organization/usage/completions?start_time=${start}&bucket_width=1d`
  await until(async () => {
    const { body } = await gate.app.send('GET', report)
    const [row] = body.data.flatMap(({ results }: { results: object[] }) => results)
    return row?.input_tokens === 7 && row.output_tokens === 2 && row.num_model_requests === 1
  }, 'its usage, without a token of the comments')
})

for (const [what, lineEnd, id] of [
  ['LF', '\n', ''],
  ['CRLF', '\r\n', ''],
  ['events with ids', '\n', 'id: 7\n'],
]) {
  test(`the official SDK reads such a stream unharmed: ${what}`, async () => {
    await using gate = await startGate({ env })
    const seen = Promise.withResolvers<void>()
    const said = ['one', 'two', 'three']
    gate.upstream.answer(async ({ whole, response }: Call) => {
      await whole
      await seen.promise
      response.writeHead(200, EVENTS)
      for (const content of said) response.write(id + event(chunk(content)).replaceAll('\n', lineEnd ?? ''))
      response.write(event(chunk('', { choices: [], usage: USAGE })))
    })
    // What is on the wire, on the SDK's own connection.
    let wire = ''
    const watched: typeof fetch = async (...args) => {
      const reply = await fetch(...args)
      const decoder = new TextDecoder()
      const watch = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          wire += decoder.decode(bytes)
          controller.enqueue(bytes)
        },
      })
      return new Response(reply.body?.pipeThrough(watch), reply)
    }
    const client = gate.app.client(gate.key).withOptions({ fetch: watched })
    const options = { stream: true, stream_options: { include_usage: true } } as const
    const stream = await client.chat.completions.create({ ...question, ...options })
    const comments = (count: number) => until(() => (wire.match(COMMENT)?.length ?? 0) >= count, 'comments')
    const read: (string | number | undefined)[] = []
    const reading = (async () => {
      for await (const part of stream) read.push(part.choices[0]?.delta.content ?? part.usage?.total_tokens)
    })()
    await comments(2)
    seen.resolve()
    await until(() => read.length === 4, 'the events')
    await comments((wire.match(COMMENT)?.length ?? 0) + 2)
    ;(await gate.upstream.call(0)).response.end(event('[DONE]'))
    await reading
    assert.deepEqual(read, [...said, 9])
  })
}

test('no other reply gets any, and a stream none where nothing is set, where it is never silent, or while its client has not read', async () => {
  await using off = await startGate()
  await using gate = await startGate({ env })
  await using file = await modelsFile(['m1'], { stream_keepalive_seconds: 3600 })
  await using patient = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  const slow = async ({ whole, response }: Call) => {
    await whole
    const other = await open(gate)
    await other.more(3)
    other.call.destroy()
    response.writeHead(200, EVENTS).end(event('[DONE]'))
  }
  gate.upstream.answer(() => {})
  for (const one of [off, patient]) {
    one.upstream.answer(slow)
    const { text } = await one.app.send('POST', CHAT, { key: one.key, body: asked })
    assert.equal(text, event('[DONE]'))
  }
  // Of these nobody knows a stream of events before it is there, however long it takes.
  for (const [path, body] of [
    [CHAT, question],
    ['/v1/audio/speech', { model: 'm1', input: 'x', voice: 'y', stream: true }],
  ] as const) {
    const whole = openCall(gate, path)
    whole.end(JSON.stringify(body))
    const reply = replyTo(whole)
    const call = await gate.upstream.call(gate.upstream.calls.length)
    const beside = await open(gate)
    await beside.more(3)
    beside.call.destroy()
    await json({ choices: [] })(call)
    const { response, chunks, ended } = await reply
    await ended
    const { 'content-type': type } = response.headers
    assert.deepEqual([type, Buffer.concat(chunks).toString()], ['application/json', '{"choices":[]}'])
  }
})

test('a client that reads nothing gets no pile of comments, and one that waits behind another reply none', async () => {
  await using stack = new AsyncDisposableStack()
  const responses = new Map<string, ServerResponse>()
  const early: string[] = []
  const server = createServer((request, response) => {
    const { url = '' } = request
    responses.set(url, response)
    const envelopes = envelopesOf('openai', '')
    const reply = new KeptAlive({
      response,
      everyMs: 5,
      headers: {},
      envelopes,
      isShaped: false,
      begun: () => early.push(url),
    })
    if (url === '/unread') {
      reply.writeHead(200, ['content-type', 'text/event-stream'])
      reply.write(`data: ${'x'.repeat(64 * 1024 * 1024)}\n\n`)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const ask = (...urls: string[]) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
    stack.defer(() => void socket.destroy())
    for (const url of urls) socket.write(`GET ${url} HTTP/1.1\r\nhost: x\r\n\r\n`)
    return socket
  }
  ask('/unread', '/behind')
  await until(() => responses.has('/behind'), 'both')
  const left = responses.get('/unread')?.writableLength ?? 0
  // Meanwhile another stream has so many of them.
  let beside = ''
  ask('/beside')
    .on('data', (bytes: Buffer) => {
      beside += bytes.toString()
    })
    .resume()
  await until(() => (beside.match(COMMENT)?.length ?? 0) >= 20, 'comments elsewhere')
  assert.deepEqual(early, ['/beside'])
  assert.ok(left > 0)
  assert.equal(responses.get('/unread')?.writableLength, left)
  assert.equal(responses.get('/behind')?.writableLength, 0)
})

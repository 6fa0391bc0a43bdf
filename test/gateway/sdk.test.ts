import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI, { APIError } from 'openai'
import { question, startGate } from './gate.ts'
import { EVENTS, event, json, type Script } from './upstream.ts'

const events =
  (...data: unknown[]): Script =>
  async ({ whole, response }) => {
    await whole
    response.writeHead(200, EVENTS)
    for (const one of data) response.write(event(one))
    response.end()
  }
const chunk = (content: string, finish_reason: string | null = null) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm1',
  choices: [{ index: 0, delta: { content }, finish_reason }],
})

test('the official SDK chats, with and without a stream', async () => {
  await using gate = await startGate()
  const client = gate.app.client(gate.key)
  const message = { role: 'assistant', content: 'hi' }
  gate.upstream.answer(json({ id: 'c1', object: 'chat.completion', choices: [{ index: 0, message }], usage: null }))
  const answer = await client.chat.completions.create(question)
  assert.equal(answer.choices[0]?.message.content, 'hi')
  assert.match(answer._request_id ?? '', /^req_/)

  gate.upstream.answer(events(chunk('one '), chunk('two', 'stop'), '[DONE]'))
  const said: string[] = []
  for await (const part of await client.chat.completions.create({ ...question, stream: true })) {
    said.push(part.choices[0]?.delta.content ?? '')
  }
  assert.deepEqual(said, ['one ', 'two'])
  const bodies = gate.upstream.calls.map((call) => JSON.parse(call.body.toString()))
  // What a stream has used is asked for in the client's place; nothing else of its request is changed.
  assert.deepEqual(bodies, [question, { ...question, stream: true, stream_options: { include_usage: true } }])
})

test('the official SDK asks for responses, with and without a stream', async () => {
  await using gate = await startGate()
  const client = gate.app.client(gate.key)
  const content = [{ type: 'output_text', text: 'hi', annotations: [] }]
  const response = { id: 'r1', object: 'response', output: [{ type: 'message', role: 'assistant', content }] }
  gate.upstream.answer(json(response))
  assert.equal((await client.responses.create({ model: 'm1', input: 'x' })).output_text, 'hi')

  const types = ['response.created', 'response.output_text.delta', 'response.completed']
  gate.upstream.answer(async ({ whole, response: reply }) => {
    await whole
    reply.writeHead(200, EVENTS)
    for (const type of types) reply.write(`event: ${type}\n${event({ type, response, delta: 'hi' })}`)
    reply.end()
  })
  const got: string[] = []
  for await (const part of await client.responses.create({ model: 'm1', input: 'x', stream: true })) got.push(part.type)
  assert.deepEqual(got, types)
})

test('the official SDK gets embeddings, completions and models', async () => {
  const models = ['m1', 'org/m2'].map((id) => ({ id, object: 'model', created: 1, owned_by: 'organization' }))
  await using gate = await startGate({ models })
  const client = gate.app.client(gate.key)
  const floats = Float32Array.of(0.5, -1, 0.25)
  const embedding = Buffer.from(floats.buffer).toString('base64')
  gate.upstream.answer(json({ object: 'list', data: [{ object: 'embedding', index: 0, embedding }], model: 'm1' }))
  const vectors = await client.embeddings.create({ model: 'm1', input: 'x' })
  assert.deepEqual(vectors.data[0]?.embedding, [...floats])

  gate.upstream.answer(json({ id: 'x', object: 'text_completion', choices: [{ index: 0, text: 'done' }] }))
  assert.equal((await client.completions.create({ model: 'm1', prompt: 'x' })).choices[0]?.text, 'done')

  const ids: string[] = []
  for await (const model of client.models.list()) ids.push(model.id)
  assert.deepEqual(ids, ['m1', 'org/m2'])
  for (const model of models) assert.deepEqual({ ...(await client.models.retrieve(model.id)) }, model)
  const urls = gate.upstream.calls.map(({ request }) => request.url)
  assert.deepEqual(urls, ['/v1/embeddings', '/v1/completions'])
})

test('the official SDK retries what the model server lets it retry, and nothing else', async () => {
  await using gate = await startGate()
  const client = new OpenAI({ baseURL: `${gate.app.url}/v1`, apiKey: gate.key, maxRetries: 2 })
  for (const [status, calls] of Object.entries({ 503: 3, 400: 1 })) {
    gate.upstream.calls.length = 0
    gate.upstream.answer(json({ error: { message: 'no', code: 'theirs' } }, Number(status), { 'retry-after-ms': '1' }))
    await assert.rejects(client.chat.completions.create(question), (error: APIError) => {
      assert.ok(error instanceof APIError)
      assert.deepEqual([error.status, error.code], [Number(status), 'theirs'])
      assert.match(error.requestID ?? '', /^req_/)
      return true
    })
    assert.equal(gate.upstream.calls.length, calls, `status ${status}`)
  }
})

test('a stream that breaks off is an error for the official SDK, not a short answer', async () => {
  await using gate = await startGate()
  gate.upstream.answer(async ({ whole, response }) => {
    await whole
    response.writeHead(200, EVENTS)
    response.write(event(chunk('half')), () => response.destroy())
  })
  const stream = await gate.app.client(gate.key).chat.completions.create({ ...question, stream: true })
  const said: string[] = []
  await assert.rejects(async () => {
    for await (const part of stream) said.push(part.choices[0]?.delta.content ?? '')
  })
  assert.deepEqual(said, ['half'])
})

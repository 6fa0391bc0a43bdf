import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAT, startEcho } from './gate.ts'

const messages = [{ role: 'user' as const, content: 'hello' }]

test('an unknown model is 404 model_not_found, wherever it is named', async () => {
  await using echo = await startEcho()
  const missing = { status: 404, code: 'model_not_found' }
  const body = { model: 'gpt-4o', messages }
  await assert.rejects(echo.client.chat.completions.create(body), {
    ...missing,
    error: {
      message: 'The model `gpt-4o` does not exist or you do not have access to it.',
      type: 'invalid_request_error',
      param: null,
      code: 'model_not_found',
    },
  })
  await assert.rejects(echo.client.chat.completions.create({ ...body, stream: true }), missing)
  await assert.rejects(echo.client.embeddings.create({ model: 'gpt-4o', input: 'x' }), missing)
  await assert.rejects(echo.client.responses.create({ model: 'gpt-4o', input: 'x' }), missing)
  await assert.rejects(echo.client.completions.create({ model: 'gpt-4o', prompt: 'x' }), missing)
  await assert.rejects(echo.client.models.retrieve('echo/echo'), missing)
})

/** What echo is sent, and the parameter that its 400 names. */
const wrong: Record<string, [path: string, body: unknown, param: string | null]> = {
  'no model': [CHAT, { messages }, 'model'],
  'a model that is null': [CHAT, { model: null, messages }, 'model'],
  'no messages': [CHAT, { model: 'echo' }, 'messages'],
  'messages that are no list': [CHAT, { model: 'echo', messages: 'hi' }, 'messages'],
  'no input': ['/v1/embeddings', { model: 'echo' }, 'input'],
  'an input of objects': ['/v1/embeddings', { model: 'echo', input: [{}] }, 'input'],
  'an input that is a number': ['/v1/embeddings', { model: 'echo', input: 5 }, 'input'],
  'no input of a response': ['/v1/responses', { model: 'echo' }, 'input'],
  'a response to a number': ['/v1/responses', { model: 'echo', input: 5 }, 'input'],
  'no prompt': ['/v1/completions', { model: 'echo' }, 'prompt'],
  'broken JSON': [CHAT, '{"model":', null],
  'half a string': [CHAT, '"', null],
  'a list': [CHAT, '[]', null],
  'a text': [CHAT, '"echo"', null],
  'JSON that is null': [CHAT, 'null', null],
  'nothing at all': [CHAT, '', 'model'],
  spaces: [CHAT, '   ', null],
}
for (const [what, [path, body, param]] of Object.entries(wrong)) {
  test(`${what}: 400 that says so`, async () => {
    await using echo = await startEcho()
    const reply = await echo.send(path, body)
    assert.equal(reply.status, 400, reply.text)
    assert.deepEqual(Object.keys(reply.body.error).sort(), ['code', 'message', 'param', 'type'])
    assert.equal(reply.body.error.param, param)
    assert.equal(reply.body.error.type, 'invalid_request_error')
    if (param === null) assert.match(reply.body.error.message, /^We could not parse the JSON body of your request/)
  })
}

test('odd but well-formed messages never fail the server', async () => {
  await using echo = await startEcho()
  const odd: unknown[] = [[], [null], [5], ['x'], [{}], [{ role: 'user' }], [{ role: 'user', content: null }]]
  odd.push([{ role: 'user', content: [null, 5, { type: 'image_url' }, { text: 7 }, { text: 'a' }] }], [[[]]])
  for (const one of odd) {
    for (const stream of [false, true, null, 'yes']) {
      const options = [undefined, null, {}, { include_usage: 'yes' }, 'x', 5]
      for (const stream_options of options) {
        const reply = await echo.send(CHAT, { model: 'echo', messages: one, stream, stream_options })
        assert.ok(reply.status === 200 || reply.status === 400, `${reply.status} ${reply.text}`)
      }
    }
    const response = await echo.send('/v1/responses', { model: 'echo', input: one })
    assert.ok(response.status < 500, response.text)
    const completion = await echo.send('/v1/completions', { model: 'echo', prompt: one })
    assert.ok(completion.status < 500, completion.text)
    const embedding = await echo.send('/v1/embeddings', { model: 'echo', input: one })
    assert.ok(embedding.status < 500, embedding.text)
  }
})

test('a model that is no text is 400 or 404, a nested input is 400 or taken: nothing of it is a 500', async () => {
  await using echo = await startEcho()
  const trap = { toString: 1, valueOf: 1 }
  for (const model of [5, {}, [], true, ['echo'], trap, [trap]]) {
    const reply = await echo.send(CHAT, { model, messages })
    assert.ok(reply.status === 400 || reply.status === 404, `${JSON.stringify(model)}: ${reply.text}`)
  }
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  for (const input of ['[{"toString":1}]', '[[{"toString":1}]]', deep]) {
    for (const [path, name] of Object.entries({
      '/v1/embeddings': 'input',
      '/v1/responses': 'input',
      [CHAT]: 'messages',
    })) {
      const reply = await echo.send(path, `{"model":"echo","${name}":${input}}`)
      assert.ok(reply.status < 500, `${path} ${input.slice(0, 20)}: ${reply.text.slice(0, 200)}`)
    }
  }
})

test('echo takes no more inputs at once than the original, so that one call cannot hold the process', async () => {
  await using echo = await startEcho()
  const inputs = (count: number) => ({ model: 'echo', input: Array(count).fill('a'), dimensions: 1 })
  assert.equal((await echo.send('/v1/embeddings', inputs(2048))).status, 200)
  const reply = await echo.send('/v1/embeddings', inputs(2049))
  assert.deepEqual([reply.status, reply.body.error?.param], [400, 'input'])
})

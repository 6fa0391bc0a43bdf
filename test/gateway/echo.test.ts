import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEcho } from './gate.ts'
import { until } from './upstream.ts'

const messages = [
  { role: 'system' as const, content: 'be brief' },
  { role: 'user' as const, content: 'first' },
  { role: 'assistant' as const, content: 'ok' },
  { role: 'user' as const, content: 'tell me, in  two words:\nhéllo 🌍 world' },
]
const last = 'tell me, in  two words:\nhéllo 🌍 world'

test('echo chats: the last thing the user said, with usage', async () => {
  await using echo = await startEcho()
  const answer = await echo.client.chat.completions.create({ model: 'echo', messages })
  assert.equal(answer.object, 'chat.completion')
  assert.equal(answer.model, 'echo')
  assert.deepEqual(
    answer.choices.map(({ message, finish_reason }) => [message.role, message.content, finish_reason]),
    [['assistant', last, 'stop']],
  )
  const { prompt_tokens = 0, completion_tokens = 0, total_tokens } = answer.usage ?? {}
  assert.ok(prompt_tokens > completion_tokens && completion_tokens > 0)
  assert.equal(total_tokens, prompt_tokens + completion_tokens)
})

test('echo streams the same answer in parts, with usage only where it is asked for', async () => {
  await using echo = await startEcho()
  const whole = await echo.client.chat.completions.create({ model: 'echo', messages })
  for (const include_usage of [true, false]) {
    const stream = await echo.client.chat.completions.create({
      model: 'echo',
      messages,
      stream: true,
      stream_options: { include_usage },
    })
    const chunks = await Array.fromAsync(stream)
    const said = chunks.map(({ choices }) => choices[0]?.delta.content ?? '')
    assert.equal(said.join(''), last)
    assert.ok(said.filter((part) => part !== '').length > 1)
    assert.equal(chunks[0]?.choices[0]?.delta.role, 'assistant')
    const usages = chunks.map(({ usage }) => usage ?? null).filter((usage) => usage !== null)
    assert.deepEqual(usages, include_usage ? [whole.usage] : [])
    assert.deepEqual(chunks.at(-1)?.choices.length, include_usage ? 0 : 1)
    const reasons = chunks.flatMap(({ choices }) => choices.map(({ finish_reason }) => finish_reason))
    assert.equal(reasons.at(-1), 'stop')
    assert.equal(new Set(chunks.map(({ id }) => id)).size, 1)
  }
})

test("the SDK's own helpers understand echo's streams", async () => {
  await using echo = await startEcho()
  const chat = echo.client.chat.completions.stream({ model: 'echo', messages })
  assert.equal(await chat.finalContent(), last)
  const response = echo.client.responses.stream({ model: 'echo', input: 'a b c' })
  assert.equal((await response.finalResponse()).output_text, 'a b c')
})

test('echo responds, to a text and to a conversation, with and without a stream', async () => {
  await using echo = await startEcho()
  for (const input of ['héllo 🌍', [{ role: 'user' as const, content: 'héllo 🌍' }]]) {
    const response = await echo.client.responses.create({ model: 'echo', input })
    assert.equal(response.output_text, 'héllo 🌍')
    assert.equal(response.status, 'completed')
    assert.equal(
      response.usage?.total_tokens,
      (response.usage?.input_tokens ?? 0) + (response.usage?.output_tokens ?? 0),
    )
    const events = await Array.fromAsync(await echo.client.responses.create({ model: 'echo', input, stream: true }))
    assert.deepEqual(
      events.map(({ sequence_number }) => sequence_number),
      events.map((_event, i) => i),
    )
    const deltas = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : ''))
    assert.equal(deltas.join(''), 'héllo 🌍')
    const end = events.at(-1)
    assert.ok(end?.type === 'response.completed')
    assert.deepEqual(end.response.usage, response.usage)
  }
})

test('echo completes a prompt, with and without a stream', async () => {
  await using echo = await startEcho()
  const done = await echo.client.completions.create({ model: 'echo', prompt: 'once upon' })
  assert.deepEqual([done.choices[0]?.text, done.choices[0]?.finish_reason], ['once upon', 'stop'])
  const parts = await Array.fromAsync(
    await echo.client.completions.create({
      model: 'echo',
      prompt: 'once upon',
      stream: true,
      stream_options: { include_usage: true },
    }),
  )
  assert.equal(parts.map(({ choices }) => choices[0]?.text ?? '').join(''), 'once upon')
  assert.deepEqual(parts.at(-1)?.usage, done.usage)
})

test("echo embeds: the same text the same vector of length one, in the SDK's base64 and as floats", async () => {
  await using echo = await startEcho()
  const embed = async (more: object, input: string | string[] | number[] = ['a', 'b', 'a']) =>
    (await echo.client.embeddings.create({ model: 'echo', input, ...more })).data.map(({ embedding }) => embedding)
  const [a = [], b = [], again = []] = await embed({})
  assert.deepEqual(a, again)
  assert.notDeepEqual(a, b)
  assert.ok(Math.abs(Math.hypot(...a) - 1) < 1e-5)
  assert.deepEqual(await embed({ encoding_format: 'float' }), [a, b, again])
  const [short = []] = await embed({ dimensions: 7 })
  assert.equal(short.length, 7)
  assert.equal((await embed({}, 'a')).length, 1)
  assert.equal((await embed({}, [1, 2, 3])).length, 1)
  for (const dimensions of [0, -1, 1.5, 4097, '8', [8]]) {
    const reply = await echo.send('/v1/embeddings', { model: 'echo', input: 'a', dimensions })
    assert.deepEqual([reply.status, reply.body.error.param], [400, 'dimensions'])
  }
})

test('echo says what it is: in the list of models and in the log', async () => {
  const lines: string[] = []
  await using echo = await startEcho({ log: (line) => lines.push(line) })
  const models = await Array.fromAsync(echo.client.models.list())
  assert.deepEqual(
    models.map(({ id, object }) => [id, object]),
    [['echo', 'model']],
  )
  assert.equal((await echo.client.models.retrieve('echo')).id, 'echo')
  assert.match(JSON.stringify(models), /GATEHOUSE_UPSTREAM_URL/)
  assert.ok(lines.some((line) => line.includes('GATEHOUSE_UPSTREAM_URL') && line.includes('echo')))
})

test('a client that leaves echo in the middle of a stream stops it', async () => {
  await using echo = await startEcho()
  const long = [{ role: 'user' as const, content: 'word '.repeat(200_000) }]
  const stream = await echo.client.chat.completions.create({ model: 'echo', messages: long, stream: true })
  for await (const _chunk of stream) break
  // One is the request for the metrics itself.
  await until(async () => (await echo.app.metric('gatehouse_requests_in_flight')) === 1, 'nothing in flight')
})

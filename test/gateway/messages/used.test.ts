import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { modelsFile } from '../../support/models-file.ts'
import { metered } from '../declared.ts'
import { makeKey, openCall, replyTo, startGate, type TestGate } from '../gate.ts'
import { EVENTS, json, type Script, until } from '../upstream.ts'
import { asked, events, MESSAGES, message, streamOf, text, usage } from './model-server.ts'

/** What is in the reports of one call: input, of it from a cache, output. */
type Figures = [input: number, cached: number, output: number]

const nulls = { input_tokens: null, cache_creation_input_tokens: null, cache_read_input_tokens: null }
const tool = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris', days: [1, 2, 3] } }

/** A thought of a thousand tokens that only its server can read, and what a stream shows of it. */
const signature = 'A'.repeat(5_336)
const thought = (shown: string, data?: string) => [
  { type: 'message_start', message: message([], { ...usage, output_tokens: 1 }) },
  {
    type: 'content_block_start',
    index: 0,
    content_block: data ? { type: 'redacted_thinking', data } : { type: 'thinking', thinking: '', signature: '' },
  },
  ...(shown ? [{ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: shown } }] : []),
  ...(data ? [] : [{ type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } }]),
  { type: 'content_block_stop', index: 0 },
]
const end = (output_tokens: number) => [
  { type: 'message_delta', delta: {}, usage: { output_tokens } },
  { type: 'message_stop' },
]

const cases: Record<string, [answer: Script, figures: Figures | { atLeast: Figures }]> = {
  'a whole reply': [json(message([text('good day')])), [7, 0, 2]],
  'a whole reply, part of whose input came from a cache or went into one': [
    json(message([text('hi')], { ...usage, cache_creation_input_tokens: 100, cache_read_input_tokens: 500 })),
    [607, 500, 2],
  ],
  'a whole reply, all of whose input came from a cache': [
    json(message([text('hi')], { ...usage, input_tokens: 0, cache_read_input_tokens: 1000 })),
    [1000, 1000, 2],
  ],
  // As some versions of SGLang report it of an input of 100: nothing in it says so.
  'a whole reply that has what came from a cache in its input as well': [
    json(message([text('hi')], { input_tokens: 100, output_tokens: 2, cache_read_input_tokens: 40 })),
    [140, 40, 2],
  ],
  'a whole reply that has it in its input as well, and says so by its sum': [
    json(
      message([text('hi')], { input_tokens: 100, output_tokens: 2, total_tokens: 102, cache_read_input_tokens: 40 }),
    ),
    [100, 40, 2],
  ],
  'a stream that reports its input first and its output last': [
    streamOf(events(['good ', 'day'], { ...usage, output_tokens: 1 }, { output_tokens: 12 })),
    [7, 0, 12],
  ],
  'a stream whose last report has null for what its first one said': [
    streamOf(events(['good ', 'day'], { ...usage, cache_read_input_tokens: 50 }, { ...nulls, output_tokens: 12 })),
    [57, 50, 12],
  ],
  'a stream that says its input only at its end': [
    streamOf(events(['good ', 'day'], { input_tokens: 0, output_tokens: 0 }, { input_tokens: 40, output_tokens: 3 })),
    [40, 0, 3],
  ],
  'a stream whose input has grown by what tools of the server found': [
    streamOf(events(['good ', 'day'], usage, { ...usage, input_tokens: 900, output_tokens: 3 })),
    [900, 0, 3],
  ],
  'a stream that reports nothing': [streamOf(events(['one two three four five'], null, null)), { atLeast: [2, 0, 5] }],
  'a stream that breaks off before its last report': [
    streamOf(events(['one two three four five'], { ...usage, output_tokens: 1 }, null).slice(0, 4)),
    { atLeast: [7, 0, 5] },
  ],
  'a stream whose thoughts and calls of tools nobody counted': [
    streamOf([
      { type: 'message_start', message: message([], { ...usage, output_tokens: 0 }) },
      { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'one two three' } },
      { type: 'content_block_start', index: 1, content_block: { ...tool, input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"city":"Paris"}' } },
      { type: 'message_stop' },
    ]),
    { atLeast: [7, 0, 8] },
  ],
  'a stream that breaks off behind a thought of which it shows nothing': [streamOf(thought('')), [7, 0, 1001]],
  'a stream that breaks off behind a thought of which it shows a summary': [
    streamOf(thought('one two three four five')),
    [7, 0, 1000],
  ],
  'a stream that breaks off behind a thought that it does not show': [streamOf(thought('', signature)), [7, 0, 1001]],
  'a stream with such a thought that reports its output': [streamOf([...thought(''), ...end(30)]), [7, 0, 30]],
  'a whole reply that reports nothing': [
    json(message([text('one two three four five')], null)),
    { atLeast: [2, 0, 5] },
  ],
  'a call of a tool that reports nothing': [json(message([tool], null)), { atLeast: [2, 0, 10] }],
}

describe('what a message used is in the reports:', () => {
  let gate: TestGate
  let file: Awaited<ReturnType<typeof modelsFile>>
  before(async () => {
    file = await modelsFile({ m1: { price_per_million: { input: 1000, cached_input: 100, output: 1000 } } })
    gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  })
  after(async () => {
    await gate[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
  })

  for (const [what, [answer, figures]] of Object.entries(cases)) {
    test(what, async () => {
      const place = await makeKey(gate.app)
      gate.upstream.answer(answer)
      const stream = what.includes('stream')
      const reply = await gate.app.send('POST', MESSAGES, {
        key: place.key,
        body: { ...asked, max_tokens: 2000, stream },
      })
      assert.equal(reply.status, 200, reply.text)
      const rows = () => metered(gate, place)
      await until(async () => (await rows()).some(({ kind }) => kind === 'completions'), 'its use')
      const [row] = (await rows()).filter(({ kind }) => kind === 'completions')
      const seen: Figures = [row?.input_tokens ?? -1, row?.input_cached_tokens ?? -1, row?.output_tokens ?? -1]
      if (Array.isArray(figures)) assert.deepEqual(seen, figures)
      else for (const [i, least] of figures.atLeast.entries()) assert.ok((seen[i] ?? -1) >= least, `${seen} of ${what}`)
      const cost = (await rows()).filter(({ kind }) => kind === 'costs').reduce((sum, one) => sum + one.amount_nano, 0)
      assert.equal(cost, (seen[0] - seen[1]) * 1_000_000 + seen[1] * 100_000 + seen[2] * 1_000_000)
    })
  }

  test('thoughts are paid for where their client leaves before they are reported', async () => {
    const place = await makeKey(gate.app)
    gate.upstream.answer(async ({ response, whole }) => {
      await whole
      response.writeHead(200, EVENTS)
      for (const data of thought('')) response.write(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
    })
    const call = openCall({ ...gate, key: place.key }, MESSAGES)
    call.end(JSON.stringify({ ...asked, max_tokens: 2000, stream: true }))
    const { chunks } = await replyTo(call)
    await until(() => Buffer.concat(chunks).includes('content_block_stop'), 'the end of its thought')
    call.destroy()
    const uses = async () => (await metered(gate, place)).filter(({ kind }) => kind === 'completions')
    await until(async () => (await uses()).length > 0, 'its use')
    assert.equal((await uses())[0]?.output_tokens, 1001)
  })

  test('searches, code that ran and the tier come with it', async () => {
    const place = await makeKey(gate.app)
    const used = { ...usage, server_tool_use: { web_search_requests: 3 }, service_tier: 'priority' }
    gate.upstream.answer(
      json(message([text('found')], used, { container: { id: 'c1', expires_at: '', skills: null } })),
    )
    assert.equal((await gate.app.send('POST', MESSAGES, { key: place.key, body: asked })).status, 200)
    const rows = () => metered(gate, place)
    await until(async () => (await rows()).length >= 3, 'its use')
    const of = async (kind: string) => (await rows()).find((one) => one.kind === kind)
    assert.equal((await of('completions'))?.service_tier, 'priority')
    assert.equal((await of('web_search_calls'))?.units, 3)
    assert.equal((await of('code_interpreter_sessions'))?.units, 1)
  })

  test('an error within a reply of a good status costs nothing, and one behind output what was said', async () => {
    const failing = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const place = await makeKey(gate.app)
    gate.upstream.answer(streamOf([failing]))
    const body = { ...asked, stream: true }
    const reply = await gate.app.send('POST', MESSAGES, { key: place.key, body })
    assert.deepEqual([reply.status, reply.text], [200, `event: error\ndata: ${JSON.stringify(failing)}\n\n`])
    gate.upstream.answer(streamOf([...events(['one two three'], usage, null).slice(0, 4), failing]))
    assert.equal((await gate.app.send('POST', MESSAGES, { key: place.key, body })).status, 200)
    const uses = async () => (await metered(gate, place)).filter(({ kind }) => kind === 'completions')
    await until(async () => (await uses()).length > 0, 'its use')
    const [row] = await uses()
    assert.deepEqual([row?.num_model_requests, row?.input_tokens], [1, 7])
    assert.ok((row?.output_tokens ?? 0) >= 3)
  })
})

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import { asks } from '../../../test/gateway/asked.ts'
import { type Reply, replies, streamOf } from '../../../test/gateway/replies.ts'
import type { Asked, Outcome } from '../call.ts'
import { NO_CAPS } from '../caps.ts'
import { type RouteName, routes } from '../routes/table.ts'
import { NOTHING_USED } from '../use.ts'
import { observe, usedUnseen } from './observe.ts'
import { TokenCounter } from './token-counter.ts'

const tokens = new TokenCounter()
after(() => tokens.close())

type Sent = Pick<Reply, 'route' | 'body' | 'events'>

function watch(
  route: RouteName,
  isStream: boolean,
  asked: Asked = asks({ stream: isStream, usageWanted: true }),
  status = 200,
) {
  const contentType = isStream ? 'text/event-stream; charset=utf-8' : 'application/json'
  return observe({ route: routes[route], asked, contentType, status, tokens })
}

const bytesOf = ({ body, events }: Sent) => (events ? streamOf(events) : Buffer.from(JSON.stringify(body)))

/** Cuts bytes at these places, wherever they fall. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
}

describe('what a call has used is what its reply says, of whatever server', () => {
  for (const { name, used, ...reply } of replies) {
    test(name, async () => {
      const observer = watch(reply.route, reply.events !== undefined)
      const bytes = bytesOf(reply)
      assert.equal(observer.chunk(bytes), bytes)
      assert.equal(observer.end(), null)
      assert.deepEqual(await observer.used('complete'), { ...NOTHING_USED, ...used })
    })
  }
})

test('a reply that is cut anywhere passes byte for byte and has used the same', async () => {
  const places = fc.array(fc.nat(100_000), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...replies), places, async ({ used, ...reply }, places) => {
      const observer = watch(reply.route, reply.events !== undefined)
      for (const piece of cut(bytesOf(reply), places)) assert.deepEqual(observer.chunk(piece) ?? Buffer.alloc(0), piece)
      assert.deepEqual(await observer.used('complete'), { ...NOTHING_USED, ...used })
    }),
    { numRuns: 300 },
  )
})

test('a reply that comes byte by byte has used the same', async () => {
  for (const { name, used, ...reply } of replies) {
    const observer = watch(reply.route, reply.events !== undefined)
    const bytes = bytesOf(reply)
    for (let i = 0; i < bytes.length; i++) observer.chunk(bytes.subarray(i, i + 1))
    assert.deepEqual(await observer.used('complete'), { ...NOTHING_USED, ...used }, name)
  }
})

test('numbers that cannot be are not believed: what they should say is counted', async () => {
  const said = { choices: [{ index: 0, message: { content: 'one two' } }] }
  for (const broken of [
    '-5',
    '"-12"',
    '"1e3"',
    '"12 tokens"',
    '1e300',
    '1e999',
    'null',
    '{}',
    '[3]',
    'true',
    '-0.0',
    '99999999999',
  ]) {
    const observer = watch('chat.completions.create', false)
    const usage = `{"prompt_tokens":${broken},"completion_tokens":${broken},"total_tokens":${broken}}`
    observer.chunk(Buffer.from(`${JSON.stringify(said).slice(0, -1)},"usage":${usage}}`))
    const { inputTokens, outputTokens } = (await observer.used('complete')) ?? NOTHING_USED
    assert.deepEqual([inputTokens, outputTokens], [3, 2], broken)
  }
})

test('whatever a reply reports, every measure is a whole number and no part is more than its whole', async () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom('7', null, -1, 1e300, 0.5, {}))
  const parts = fc.record({ cached_tokens: number, audio_tokens: number, image_tokens: number }, { requiredKeys: [] })
  const usage = fc.record(
    {
      prompt_tokens: number,
      completion_tokens: number,
      total_tokens: number,
      prompt_tokens_details: fc.oneof(parts, fc.constant(null)),
      completion_tokens_details: parts,
      seconds: number,
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(usage, async (usage) => {
      const observer = watch('chat.completions.create', false, asks({ inputText: () => '' }))
      observer.chunk(Buffer.from(JSON.stringify({ usage })))
      const { serviceTier: _, ...used } = (await observer.used('complete')) ?? NOTHING_USED
      for (const value of Object.values(used))
        assert.ok(Number.isSafeInteger(value) && value >= 0, JSON.stringify(used))
      assert.ok(used.cachedInputTokens <= used.inputTokens)
      assert.ok(used.inputAudioTokens + used.inputImageTokens <= used.inputTokens)
      assert.ok(used.outputAudioTokens + used.outputImageTokens <= used.outputTokens)
    }),
  )
})

test('a stream that its client or its upstream leaves is counted by what was said until then', async () => {
  const events = [{ choices: [{ index: 0, delta: { content: 'one two' } }] }]
  for (const end of ['client_gone', 'upstream_broke'] satisfies Outcome['end'][]) {
    const observer = watch('chat.completions.create', true, asks({ stream: true }))
    observer.chunk(
      Buffer.concat([streamOf(events), Buffer.from('data: {"choices":[{"index":0,"delta":{"content":" three\\u00')]),
    )
    const { inputTokens, outputTokens } = (await observer.used(end)) ?? NOTHING_USED
    assert.deepEqual([inputTokens, outputTokens], [3, 3])
  }
})

test('a client that leaves in the middle of images pays those that were made', async () => {
  const whole = watch('images.generate', false, asks({ images: 3 }))
  whole.chunk(Buffer.from('{"created":1,"data":[{"b64_json":"QUJD'))
  assert.equal((await whole.used('client_gone'))?.images, 3)
  const stream = watch('images.generate', true, asks({ images: 3, stream: true }))
  stream.chunk(streamOf([{ type: 'image_generation.partial_image', b64_json: 'QUJD' }]))
  assert.equal((await stream.used('client_gone'))?.images, 1)
})

test('an upstream that failed has used nothing, and a client that left before the reply its input', async () => {
  const failed = watch('chat.completions.create', false, asks(), 500)
  const bytes = Buffer.from('{"error":{"message":"no"},"usage":{"prompt_tokens":5,"completion_tokens":5}}')
  assert.equal(failed.chunk(bytes), bytes)
  assert.deepEqual(await failed.used('complete'), NOTHING_USED)
  const left = (name: RouteName) => usedUnseen({ route: routes[name], asked: asks(), tokens })
  assert.deepEqual(await left('chat.completions.create'), { ...NOTHING_USED, inputTokens: 3 })
  assert.deepEqual(await left('images.generate'), { ...NOTHING_USED, inputTokens: 3, images: asks().worst.images })
  assert.deepEqual(await left('audio.transcriptions.create'), NOTHING_USED)
  assert.deepEqual(await left('responses.retrieve'), NOTHING_USED)
})

test('the ids of a response and its items are told with the bytes that complete them, before they are handed on', () => {
  const item = { type: 'message', id: 'msg_1', content: [{ id: 'no', text: '"id":"no"' }] }
  const created = { type: 'response.created', response: { id: 'resp_1', output: [] } }
  const completed = { type: 'response.completed', response: { id: 'resp_1', output: [item] } }
  const whole = Buffer.from(
    `{"object":"response","metadata":{"id":"no"},"id":"resp_1","output":[${JSON.stringify(item)},{"id":"rs_1"}]}`,
  )
  const stream = streamOf([created, { type: 'response.output_item.added', item }, completed])
  const replies: [RouteName, boolean, Buffer, string[]][] = [
    ['responses.create', false, whole, ['resp_1', 'msg_1', 'rs_1']],
    ['responses.create', true, stream, ['resp_1', 'msg_1', 'msg_1']],
    ['responses.retrieve', false, whole, ['msg_1', 'rs_1']],
    ['responses.retrieve', true, stream, ['msg_1', 'msg_1']],
    ['responses.cancel', false, whole, ['msg_1', 'rs_1']],
    ['responses.inputItems.list', false, Buffer.from('{"data":[{"id":"msg_1"},{"id":"fc_2"}]}'), ['msg_1', 'fc_2']],
    ['responses.delete', false, whole, []],
    ['responses.inputTokens.count', false, whole, []],
  ]
  for (const [name, isStream, bytes, ids] of replies) {
    const observer = watch(name, isStream)
    const told: { id: string; at: number }[] = []
    let at = 0
    observer.onShown = (_, id) => told.push({ id, at })
    for (at = 1; at <= bytes.length; at++) observer.chunk(bytes.subarray(at - 1, at))
    let end = 0
    const complete = ids.map((id) => {
      end = bytes.indexOf(`${id}"`, end) + id.length + 1
      return { id, at: end }
    })
    assert.deepEqual(told, complete, name)
  }
})

test('a reply that is not what it says is no error', async () => {
  for (const text of ['null', '{', '{"usage":', '{"usage":{"a":]}}', '"usage"', '{"usage":1}x', '\u0000']) {
    for (const isStream of [true, false]) {
      const observer = watch('chat.completions.create', isStream)
      observer.chunk(Buffer.from(isStream ? `data: ${text}\n\n` : text))
      observer.end()
      assert.deepEqual(await observer.used('complete'), { ...NOTHING_USED, inputTokens: 3 }, text)
    }
  }
})

test('a failure before any output is no use of anything, whatever else came, unless its client left before it', async () => {
  const events = [': hello\n\n', 'data: [DONE]\n\n', 'event: ping\n\ndata:\n\n', 'event: error\ndata: x\n\n']
  for (const [isStream, texts] of [
    [false, ['', '\n', '\ufeff', '<html>', '{"error":"x"}', '{"error":{"message":"x"},"choices":[]}']],
    [true, ['', '<!doctype html>', '{"error":"x"}', '{"error":"x"}\n\ndata: [DONE]\n\n', ...events]],
  ] as const) {
    for (const text of texts) {
      for (const end of ['complete', 'upstream_broke'] satisfies Outcome['end'][]) {
        const observer = watch('chat.completions.create', isStream)
        observer.chunk(Buffer.from(text))
        assert.equal(observer.used(end), null, text)
      }
    }
    const left = watch('chat.completions.create', isStream)
    assert.deepEqual(await left.used('client_gone'), { ...NOTHING_USED, inputTokens: 3 })
  }
})

test('of 20 MB of image and 3 MB of text no more is kept than counting needs', async () => {
  const observer = watch('images.generate', false)
  observer.chunk(Buffer.from('{"data":[{"b64_json":"'))
  const piece = Buffer.alloc(65_536, 'QUJD')
  for (let i = 0; i < 320; i++) observer.chunk(piece)
  observer.chunk(Buffer.from('"}],"usage":{"input_tokens":7,"output_tokens":8}}'))
  const { images, inputTokens, outputTokens } = (await observer.used('complete')) ?? NOTHING_USED
  assert.deepEqual([images, inputTokens, outputTokens], [1, 7, 8])

  const talkative = watch('chat.completions.create', true)
  const event = streamOf([{ choices: [{ index: 0, delta: { content: 'word '.repeat(10_000) } }] }])
  for (let i = 0; i < 63; i++) talkative.chunk(event)
  const kept = Math.ceil(1_048_576 / 5)
  const { outputTokens: many } = (await talkative.used('client_gone')) ?? NOTHING_USED
  // Of what is not kept, a quarter of the bytes. Slices may end within a word, and a busy machine may estimate.
  assert.ok(many >= kept + (63 * 50_000 - 1_048_576) / 4 - 1 && many < (63 * 50_000) / 3, String(many))
})

test('a reply has run over once it is more than twice as long as it may be, and never before', () => {
  const most = (outputTokens: number | null) =>
    asks({ stream: true, usageWanted: true, caps: { ...NO_CAPS, inputTokens: null, outputTokens } })
  const delta = (content: string) => streamOf([{ choices: [{ index: 0, delta: { content } }] }])
  /** How many of these events are let through, of 10,000. */
  const letThrough = (bytes: Buffer, outputTokens: number | null) => {
    const observer = watch('chat.completions.create', true, most(outputTokens))
    let count = 0
    while (count < 10_000 && !observer.overran) {
      observer.chunk(bytes)
      count++
    }
    return count
  }
  assert.equal(letThrough(delta(' word'), 100), 201)
  assert.equal(letThrough(delta('\u9f98\u9f98'), 100), 201)
  // Single characters are parts of tokens, long events hold many, and events without a word are counted, too.
  assert.equal(letThrough(delta('x'), 100), 801)
  assert.equal(letThrough(delta(' '.repeat(3200)), 100), 3)
  assert.equal(letThrough(streamOf([{ choices: [{ index: 0, delta: { unknown: 'x' } }] }]), 100), 1401)
  assert.equal(letThrough(delta(' word'), null), 10_000)
  const whole = watch('chat.completions.create', false, most(10))
  whole.chunk(Buffer.from('{"choices":[{"index":0,"message":{"content":"'))
  whole.chunk(Buffer.alloc(639, 'x'))
  assert.equal(whole.overran, false)
  whole.chunk(Buffer.from('xx'))
  assert.equal(whole.overran, true)
})

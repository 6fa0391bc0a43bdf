import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { judged, judgedForm } from '../../../test/gateway/judging.ts'
import type { RouteName } from '../routes/table.ts'
import { TEMPLATE_TOKENS } from './bounds.ts'

/*
 * What a model server settles is what its tokenizer finds in what its template makes of the request. Here that is o200k, and
 * templates that write all there is: names of roles, JSON indented, JSON in ASCII.
 */

const chat = 'chat.completions.create'
/** What is set aside for templates that are longer than this one. */
const SPARE = TEMPLATE_TOKENS - 50
const asText = { disallowedSpecial: new Set<string>() }
const tokens = (text: string) => countTokens(text, asText)

/** As Python writes JSON where nobody tells it otherwise. */
const inAscii = (value: unknown, indent = 0) =>
  JSON.stringify(value, null, indent).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

type Message = { role: string; content?: unknown; tool_calls?: unknown[] }

/** What a greedy template makes of a chat. */
function rendered(messages: readonly Message[], tools: unknown[] | null, schema: unknown = null): number {
  const each = messages.map(({ role, content, tool_calls }) => {
    const said = typeof content === 'string' ? content : content === undefined ? '' : textsOf(content)
    return `<|start_header_id|>${role}<|end_header_id|>\n\n${said}${tool_calls ? inAscii(tool_calls) : ''}<|eot_id|>`
  })
  const brought = [tools, schema].filter((one) => one !== null).map((one) => inAscii(one, 4))
  return tokens(['Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n', ...brought, ...each].join('\n'))
}

const textsOf = (content: unknown) =>
  Array.isArray(content) ? content.map((part) => (part.type === 'text' ? part.text : '')).join('\n') : ''

const scripts: Record<string, string> = {
  English: 'The quick brown fox jumps over the lazy dog. ',
  Chinese: '\u6211\u4eec\u7684\u6a21\u578b\u670d\u52a1\u5668\u8bf4\u8c0e\u3002\u9f98\u9fa5\u9ea4\u7228',
  Japanese: '\u543e\u8f29\u306f\u732b\u3067\u3042\u308b\u3002\u540d\u524d\u306f\u307e\u3060\u7121\u3044\u3002',
  Korean: '\ub098\ub77c\uc758 \ub9d0\uc774 \uc911\uad6d\uacfc \ub2ec\ub77c ',
  Arabic: '\u0628\u0650\u0633\u0652\u0645\u0650 \u0671\u0644\u0644\u0651\u0670\u0647\u0650 \ufdfa ',
  Hindi: '\u0938\u092d\u0940 \u092e\u0928\u0941\u0937\u094d\u092f\u094b\u0902 \u0915\u094b ',
  Tibetan: '\u0f60\u0f42\u0fb2\u0f7c\u0f0b\u0f56\u0f0b\u0f58\u0f72\u0f60\u0f72\u0f0b',
  emoji: '\u{1f469}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}\u{1f3f4}\u{e0067}\u{e0062}\u{e007f}',
  cuneiform: '\u{12000}\u{12001}\u{12002}\u{1242f}',
  'marks upon marks': 'Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324',
  digits: '12345678901234567890',
  symbols: '{}[]()<>/\\|~^*&%$#@!;:"\'`',
  'control characters': '\u0000\u0001\n\r\t\u007f',
}

test('in every script money is set aside for at least as many tokens as are settled', () => {
  for (const [name, script] of Object.entries(scripts)) {
    for (const times of [1, 20]) {
      const text = script.repeat(times)
      const messages = [{ role: 'user', content: text }]
      const { worst, caps } = judged(chat, { messages })
      assert.ok(worst.boundTokens - SPARE >= rendered(messages, null), `${name}, ${times} times`)
      assert.equal(caps.inputTokens, worst.boundTokens)
      const input = Array(50).fill(text)
      const many = judged('embeddings.create', { input }).worst
      // A beginning and an end for each.
      assert.ok(many.boundTokens >= 50 * (tokens(text) + 2), `${name} to embed, ${times} times`)
      const form = judgedForm('images.edit', { prompt: text, user: text }).worst
      assert.ok(form.boundTokens >= 2 * tokens(text), `${name} in a form`)
    }
  }
})

test('whatever is said in a chat with tools, a schema and a history, the bound is not below what is settled', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.constantFrom(...Object.values(scripts)),
  )
  const part = fc.record({ type: fc.constant('text'), text })
  const call = fc.record({
    id: text,
    type: fc.constant('function'),
    function: fc.record({ name: text, arguments: text }),
  })
  const message = fc.oneof(
    fc.record({ role: fc.constantFrom('user', 'system', 'developer'), content: fc.oneof(text, fc.array(part)) }),
    fc.record({
      role: fc.constant('assistant'),
      content: text,
      tool_calls: fc.array(call, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ role: fc.constant('tool'), tool_call_id: text, content: text }),
  )
  const schema = fc.dictionary(text, fc.oneof(fc.record({ type: fc.constant('string'), enum: fc.array(text) }), text))
  const tool = fc.record({
    type: fc.constant('function'),
    function: fc.record({ name: text, description: text, parameters: fc.record({ properties: schema }) }),
  })
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 8 }),
      fc.option(fc.array(tool, { minLength: 1, maxLength: 4 })),
      fc.option(fc.record({ type: fc.constant('json_schema'), json_schema: fc.record({ schema }) })),
      (messages, tools, response_format) => {
        const { worst } = judged(chat, {
          messages,
          ...(tools && { tools }),
          ...(response_format && { response_format }),
        })
        assert.ok(worst.boundTokens - SPARE >= rendered(messages, tools, response_format))
      },
    ),
    { numRuns: 200 },
  )
})

test('images, recordings and files are bounded by their kind and size, whatever they call themselves', () => {
  const MOST_OF_AN_IMAGE = 48_169
  const part = (content: object) => judged(chat, { messages: [{ role: 'user', content: [content] }] }).worst
  const base64 = (bytes: number) => Buffer.alloc(bytes, 'chinese').toString('base64')
  for (const bytes of [10, 100_000, 3_000_000]) {
    const url = `data:image/png;base64,${base64(bytes)}`
    for (const image of [
      { type: 'image_url', image_url: { url } },
      { type: 'image_url', image_url: { url, detail: 'low' } },
      { type: 'input_image', image_url: url },
    ]) {
      const { boundTokens } = part(image)
      assert.ok(boundTokens >= MOST_OF_AN_IMAGE && boundTokens < 60_000, `${bytes} bytes: ${boundTokens}`)
    }
    // A word of four letters is a token or more; and each page is an image besides.
    for (const file of [
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${base64(bytes)}` } },
      { type: 'file', file: { filename: 'a.png', file_data: url } },
      { type: 'video_url', video_url: { url } },
    ])
      assert.ok(part(file).boundTokens >= MOST_OF_AN_IMAGE + 2 * bytes, JSON.stringify(file).slice(0, 100))
    // 600 tokens a minute are what is known; Opus at 6 kbit/s has 750 bytes a second.
    const sound = part({ type: 'input_audio', input_audio: { format: 'mp3', data: base64(bytes) } })
    assert.ok(sound.boundTokens >= (bytes / 750) * 50, `a recording of ${bytes} bytes`)
    assert.ok(judgedForm('audio.transcriptions.create', {}, [bytes]).worst.boundTokens >= (bytes / 750) * 50)
    assert.ok(judgedForm('images.edit', {}, [bytes, bytes]).worst.boundTokens >= 2 * MOST_OF_AN_IMAGE)
  }
})

test('what limits are charged with stays the friendlier estimate', () => {
  const { worst } = judged(chat, { messages: [{ role: 'user', content: scripts.Chinese?.repeat(10) }], max_tokens: 1 })
  assert.equal(worst.tokens, worst.inputTokens)
  assert.ok(worst.inputTokens * 4 < worst.boundTokens)
})

test('the maximum is found in forms: it raises what can be said and never lowers it', () => {
  const names = ['max_tokens', 'max_completion_tokens', 'max_output_tokens']
  for (const route of ['audio.transcriptions.create', 'audio.translations.create', 'images.edit'] as const) {
    for (const name of names) {
      const most = (fields: Record<string, string>) => {
        const { worst, caps } = judgedForm(route, fields)
        return [worst.outputTokens, caps.outputTokens]
      }
      assert.deepEqual(most({ [name]: '2000000' }), [2_000_000, 2_000_000], `${route} ${name}`)
      assert.deepEqual(most({ [name]: '1' }), [4096, 4096])
      assert.deepEqual(most({ [name]: '1', model: 'short' }), [100, 100])
      assert.deepEqual(most({ [name]: '2000000', model: 'short' }), [100, 100])
      assert.deepEqual(most({}), [4096, null])
    }
  }
  assert.equal(judgedForm('images.edit', { n: '3', max_tokens: '5000' }).caps.outputTokens, 15_000)
})

test('an answer is charged at the most that its own call, or its model, allows, for each answer and question', () => {
  const cases: [RouteName, object, number | null][] = [
    [chat, { max_tokens: 10 }, 10],
    [chat, { max_tokens: 10, n: 3 }, 30],
    [chat, { max_tokens: 10, max_completion_tokens: 20 }, 20],
    [chat, { max_completion_tokens: 10 }, 10],
    ['responses.compact', { max_output_tokens: 10 }, null],
    [chat, { model: 'short' }, 100],
    [chat, { model: 'short', max_tokens: 5000 }, 100],
    [chat, {}, null],
    [chat, { max_tokens: 0 }, null],
    [chat, { max_output_tokens: 10 }, null],
    [chat, { model: 'thinker', max_tokens: 10, n: 2 }, 2020],
    ['completions.create', { prompt: ['a', 'b'], max_tokens: 10, best_of: 4 }, 80],
    ['responses.create', { max_output_tokens: 10 }, 10],
    ['images.generate', { model: 'short', n: 2, max_tokens: 1 }, 200],
    ['audio.speech.create', { input: 'x' }, null],
  ]
  for (const [route, fields, most] of cases) {
    const { worst, caps } = judged(route, fields)
    assert.equal(caps.outputTokens, most, `${route} ${JSON.stringify(fields)}`)
    if (most !== null) assert.equal(worst.outputTokens, most)
  }
  for (const route of ['embeddings.create', 'moderations.create'] as const)
    assert.ok((judged(route, { input: 'x' }).caps.outputTokens ?? 99) < 20)
})

test('what is not in the request is bounded by the context of its model, and by nothing without one', () => {
  const image = (url: string) => [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }]
  const input = (part: object) => ({ input: [{ role: 'user', content: [part] }] })
  const link = 'https://example.com/a'
  const unseen: [RouteName, object, string][] = [
    ['responses.create', { input: 'x', previous_response_id: 'resp_1' }, 'previous_response_id'],
    [chat, { messages: image(link) }, 'image_url'],
    [chat, { messages: [{ role: 'user', content: [{ type: 'video_url', video_url: { url: link } }] }] }, 'video_url'],
    ['responses.create', input({ type: 'input_image', image_url: link }), 'image_url'],
    ['responses.create', input({ type: 'input_file', file_url: link }), 'file_url'],
    // However a reader writes its fields.
    ...['imageUrl', 'ImageURL', 'image-url', 'fileUrl', 'videoUrl', 'audio.url'].flatMap(
      (name): [RouteName, object, string][] => [
        [chat, { messages: [{ role: 'user', content: [{ type: 'x', [name]: link }] }] }, name],
        ['responses.create', input({ type: 'x', [name]: { url: link } }), name],
      ],
    ),
    ['responses.create', { input: 'x', tools: [{ type: 'web_search' }] }, 'tools'],
    [
      'responses.create',
      {
        input: 'x',
        tools: [
          { type: 'function', name: 'f' },
          { type: 'mcp', server_url: link },
        ],
      },
      'tools',
    ],
    ['responses.create', { input: [{ type: 'message', tools: [{ type: 'web_search' }] }] }, 'tools'],
    [chat, { messages: [], web_search_options: {} }, 'web_search_options'],
    [chat, { messages: [], enable_search: true }, 'enable_search'],
    [chat, { messages: [], search_parameters: { mode: 'auto' } }, 'search_parameters'],
    [chat, { messages: [], plugins: [{ id: 'web' }] }, 'plugins'],
    [chat, { messages: [], tools: [{ googleSearch: {} }] }, 'tools'],
    [chat, { messages: [], tools: [{ function: { name: 'f' }, googleSearch: {} }] }, 'tools'],
    [chat, { messages: [], tools: [{ function: { name: 'f' }, Type: 'web_search' }] }, 'tools'],
    [chat, { messages: [{ content: [{ type: 'text', Type: 'image', text: 'x', url: link }] }] }, 'content'],
    [chat, { messages: [{ content: [{ type: 'image', text: 'x', url: link }] }] }, 'content'],
    [chat, { messages: [{ content: [{ image_url: { type: 'text', text: 'x', url: link } }] }] }, 'image_url'],
  ]
  for (const [route, fields, what] of unseen) {
    const { caps } = judged(route, fields)
    assert.deepEqual([caps.inputTokens, caps.unseen], [null, what], JSON.stringify(fields))
    const known = judged(route, { ...fields, model: 'reader' })
    // A tool of the server's is used ten times at most where nobody bounds that, and all is read once more behind each use.
    const most = 8192 * (what === 'tools' ? 11 : 1)
    assert.deepEqual([known.caps.inputTokens, known.worst.boundTokens], [most, most])
  }
  assert.equal(judged(chat, { model: 'seeker' }).caps.unseen, 'model')
  const note = { type: 'url_citation', url: link, title: 't' }
  for (const [route, fields] of [
    [chat, { messages: image('data:image/png;base64,QUJD') }],
    [
      chat,
      { messages: [{ role: 'assistant', content: 'x', annotations: [{ type: 'url_citation', url_citation: note }] }] },
    ],
    ['responses.create', input({ type: 'output_text', text: link, annotations: [note] })],
    [
      'responses.create',
      {
        input: 'x',
        tools: [
          { type: 'function', name: 'f' },
          { type: 'custom', name: 'g' },
        ],
      },
    ],
    ['responses.create', { input: 'x', tools: [{ type: 'shell', environment: { type: 'local' } }] }],
    [chat, { messages: [], enable_search: false }],
    [chat, { messages: [], search_parameters: { mode: 'off' }, plugins: [] }],
    [chat, { messages: [], tools: [{ function: { name: 'f', parameters: {} } }] }],
    [chat, { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', url: link }] }] }],
  ] as [RouteName, object][])
    assert.equal(judged(route, fields).caps.unseen, null, JSON.stringify(fields))
  // All that is there is never more than its bytes, and a list of texts has a context for each of them.
  assert.ok((judged(chat, { model: 'reader', messages: [] }).caps.inputTokens ?? 0) < 2000)
  assert.equal(judged(chat, { model: 'reader', messages: [{ content: 'x'.repeat(9000) }] }).caps.inputTokens, 8192)
  const texts = Array(3).fill('x'.repeat(9000))
  assert.equal(judged('embeddings.create', { model: 'reader', input: texts }).caps.inputTokens, 3 * 8192)
})

test('counting tokens costs nothing, so nothing is set aside for it', () => {
  const { caps } = judged('responses.inputTokens.count', { input: 'x', previous_response_id: 'resp_1' })
  assert.deepEqual([caps.inputTokens, caps.outputTokens], [0, 0])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { judged, verdict } from '../../../test/gateway/judging.ts'
import { type RouteName, routes } from '../routes/table.ts'

const text = (tokens: number) => 'x'.repeat(tokens * 4)
const texts = (count: number, tokens: number) => Array.from({ length: count }, () => text(tokens))
const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
const link = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } }

test('what is read in pairs is charged as often as it is read', () => {
  const cases: [RouteName, object, number][] = [
    ['rerank', { query: text(10), documents: text(5) }, 15],
    ['rerank', { query: text(10), documents: texts(1, 5) }, 15],
    ['rerank', { query: text(10), documents: texts(3, 5) }, 45],
    ['rerank', { query: text(10), texts: texts(3, 5) }, 45],
    ['rerank', { query: text(10), documents: texts(3, 5), instruction: text(2) }, 51],
    ['rerank', { query: text(10), documents: texts(3, 5), instruct: text(2) }, 51],
    ['rerank', { query: text(10), documents: texts(3, 5), input: text(2) }, 51],
    // A question of three parts is one question.
    ['rerank', { query: texts(3, 10), documents: texts(3, 5) }, 105],
    ['rerank', { query: [1, 2, 3], documents: texts(2, 5) }, 16],
    ['rerank', { query: text(10), documents: { content: [image, image] } }, 2020],
    ['rerank', { query: { content: [image] }, documents: texts(4, 5) }, 4020],
    ['rerank', {}, 0],
    ['score', { text_1: text(10), text_2: texts(3, 5) }, 45],
    ['score', { text_1: texts(3, 10), text_2: texts(3, 5) }, 45],
    ['score', { queries: texts(1, 10), documents: texts(3, 5) }, 45],
    ['score', { data_1: text(10), data_2: { content: [image, image] } }, 2020],
    ['score', { query: [1, 2], items: [[1], [2], [3]] }, 9],
    // Which of two fields a server takes nobody knows, nor whether it takes the parts of one text for several.
    ['score', { text_1: text(10), data_1: texts(2, 1), text_2: texts(3, 5) }, 81],
    ['score', { query: text(10), queries: texts(2, 1), documents: texts(3, 5) }, 81],
    ['score', { text_1: { content: texts(3, 10) }, text_2: texts(3, 5) }, 135],
    ['score', { text_1: texts(2, 10), text_2: texts(1, 5), items: texts(1, 5) }, 60],
    // No server takes these; one that made each with each would read no more.
    ['score', { text_1: texts(2, 10), text_2: texts(3, 5) }, 90],
    ['score', { text_1: texts(3, 10), text_2: text(5) }, 45],
  ]
  for (const [name, fields, tokens] of cases) {
    const { worst, caps } = judged(name, fields)
    assert.deepEqual([worst.tokens, worst.inputTokens], [tokens, tokens], JSON.stringify(fields).slice(0, 100))
    assert.ok(
      worst.boundTokens >= tokens && caps.inputTokens === worst.boundTokens,
      'no more is charged than is set aside',
    )
  }
})

test('whatever stands in pairs, what is reserved is a whole number that is not negative', () => {
  const value = fc.oneof(fc.string(), fc.array(fc.string()), fc.array(fc.integer()), fc.jsonValue({ maxDepth: 3 }))
  const names = ['query', 'queries', 'documents', 'text_1', 'text_2', 'items', 'instruction'] as const
  const fields = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] })
  fc.assert(
    fc.property(fields, (fields) => {
      const { worst } = judged('score', fields)
      for (const count of [worst.tokens, worst.boundTokens]) assert.ok(Number.isSafeInteger(count) && count >= 0)
    }),
    { numRuns: 200 },
  )
  const many = Array.from({ length: 20_000 }, () => 'x')
  assert.ok(Number.isSafeInteger(judged('score', { text_1: many, text_2: [...many, text(100_000)] }).worst.tokens))
})

test('a model reads no more of a pair than it can', () => {
  const { worst } = judged('rerank', { model: 'reader', query: text(100_000), documents: texts(3, 5) })
  assert.equal(worst.boundTokens, 3 * 8192)
})

test('what nobody reports is counted by all that is read in pairs', () => {
  const asked = judged('rerank', { query: 'ab', documents: ['cd', { content: 'ef' }], instruction: 'gh' })
  assert.deepEqual(asked.inputText()?.split('\n').sort(), ['ab', 'cd', 'ef', 'gh'])
  // Of a question and an instruction that are read a second time.
  assert.equal(asked.besideText, 2)
})

test('texts in pairs are judged as what a model is told: references, models and links', () => {
  const refused: [RouteName, object, string][] = [
    [
      'rerank',
      { query: { content: [{ type: 'input_file', file_id: 'f' }] } },
      '400 not_offered query.content[0].file_id',
    ],
    ['rerank', { documents: [{ text: 'x', file_id: 'f' }] }, '400 not_offered documents[0].file_id'],
    ['rerank', { texts: [{ model: 'm2' }] }, '400 not_offered texts[0].model'],
    ['rerank', { documents: [{ a: { Model: 'm2' } }] }, '400 not_offered documents[0].a.Model'],
    ['score', { data_1: { content: [{ b: [{ model: 'm2' }] }] } }, '400 not_offered data_1.content[0].b[0].model'],
    ['score', { items: [{ vector_store_ids: ['v'] }] }, '400 not_offered items[0].vector_store_ids'],
    ['score', { request_id: 'r' }, '400 not_offered request_id'],
    ['rerank', { chat_template: '{{ x }}' }, '400 not_offered chat_template'],
    ['rerank', { Query: 'x' }, '400 unknown_parameter Query'],
    ['rerank', { priority: 1 }, '400 not_offered priority'],
    ['pooling', { data: { url: 'http://10.0.0.1' } }, '400 not_offered data'],
    [
      'pooling',
      { messages: [{ role: 'user', content: [{ file_id: 'f' }] }] },
      '400 not_offered messages[0].content[0].file_id',
    ],
    ['classify', { previous_response_id: 'r' }, '400 not_offered previous_response_id'],
    ['tokenize', { content: { file_id: 'f' } }, '400 not_offered content.file_id'],
    ['tokenize', { prompt: { id: 'p' } }, '400 not_offered prompt.id'],
    ['detokenize', { tokens: { model: 'm2' } }, '400 not_offered tokens.model'],
  ]
  for (const [name, fields, expected] of refused)
    assert.equal(
      verdict(() => judged(name, fields)),
      expected,
    )
  let deep: unknown = 'x'
  for (let i = 0; i < 100; i++) deep = [deep]
  assert.equal(
    verdict(() => judged('rerank', { documents: deep })),
    '400 invalid_value documents',
  )
  for (const document of [
    { content: [link, { type: 'video_url', video_url: { url: 'https://a/b' } }] },
    { title: 'x', url: 'y' },
  ])
    assert.ok(judged('rerank', { query: 'x', documents: [document] }))
  // What stands behind a link nobody bounds, as in a chat.
  assert.equal(judged('score', { data_1: 'x', data_2: { content: [link] } }).caps.unseen, 'image_url')
})

test('every model that one of these routes names is judged, and called as its server calls it', () => {
  for (const name of ['rerank', 'score', 'classify', 'pooling', 'tokenize', 'detokenize'] as const) {
    assert.equal(
      verdict(() => judged(name, { model: null })),
      '400 missing_required_parameter model',
    )
    assert.equal(
      verdict(() => judged(name, { model: 'nobodys' })),
      '404 model_not_found null',
    )
    assert.equal(judged(name, { model: 'alias' }).sent.model, 'real/name')
    const models = { mode: 'allow_list', ids: new Set(['m2']) } as const
    assert.equal(
      verdict(() => judged(name, {}, { models })),
      '403 model_not_found null',
    )
    assert.equal(judged(name, { stream: true }).stream, false)
  }
})

test('tokens that are only told apart are charged with nothing, and the tools among them are judged', () => {
  for (const name of ['tokenize', 'detokenize'] as const) {
    const { worst, caps } = judged(name, { prompt: text(100), tokens: [1, 2, 3] })
    assert.deepEqual([worst.tokens, worst.boundTokens, worst.outputTokens, caps.inputTokens], [0, 0, 0, 0])
    assert.deepEqual(routes[name].report, { kind: 'none' })
  }
  const disabledTools = new Set(['mcp'] as const)
  const tools = [{ type: 'mcp', server_url: 'http://10.0.0.1' }]
  assert.equal(
    verdict(() => judged('tokenize', { tools }, { disabledTools })),
    '403 hosted_tool_not_allowed tools[0].type',
  )
})

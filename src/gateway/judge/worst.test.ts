import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { judged, judgedForm, verdict } from '../../../test/gateway/judging.ts'
import type { RouteName } from '../routes/table.ts'

const chat = 'chat.completions.create'
const words = (characters: number) => ({ messages: [{ role: 'user', content: 'x'.repeat(characters) }] })
const data = (size: number) => `data:image/png;base64,${'A'.repeat(size)}`

test('numbers that are none, or out of range, are refused in the original words', () => {
  const routes: [RouteName, string[]][] = [
    [chat, ['max_tokens', 'max_completion_tokens', 'n', 'best_of']],
    ['completions.create', ['max_tokens', 'n', 'best_of']],
    ['responses.create', ['max_output_tokens']],
    ['images.generate', ['n']],
  ]
  for (const [name, fields] of routes) {
    for (const field of fields) {
      const small = field === 'n' || field === 'best_of'
      const tooMuch = small ? 129 : 2 ** 31
      for (const value of ['5', 1.5, true, [], {}, '', 'NaN'])
        assert.equal(
          verdict(() => judged(name, { [field]: value })),
          `400 invalid_type ${field}`,
        )
      assert.equal(
        verdict(() => judged(name, { [field]: tooMuch })),
        `400 integer_above_max_value ${field}`,
      )
      assert.equal(
        verdict(() => judged(name, { [field]: small ? 0 : -1 })),
        `400 integer_below_min_value ${field}`,
      )
      for (const value of [null, small ? 1 : 0, tooMuch - 1]) assert.ok(judged(name, { [field]: value }))
    }
  }
  for (const n of ['0', '129', '-1'])
    assert.match(
      verdict(() => judgedForm('images.edit', { n })),
      /^400 integer_/,
    )
  for (const n of ['1.5', 'two', '1e2', '0x1', ' 1', '9'.repeat(400)])
    assert.equal(
      verdict(() => judgedForm('images.edit', { n })),
      '400 invalid_type n',
    )
})

test('tokens are the larger of maximum and estimate, for each answer', () => {
  const cases: [RouteName, object, number, number, number][] = [
    // route, fields, tokens, input, output
    [chat, { ...words(41), max_tokens: 100 }, 100, 11, 100],
    [chat, { ...words(800), max_tokens: 100 }, 200, 200, 100],
    [chat, { ...words(800), max_tokens: 100, n: 3 }, 600, 200, 300],
    [chat, { ...words(4), max_tokens: 100, n: 2, best_of: 5 }, 500, 1, 500],
    [chat, { ...words(4), max_tokens: 7, max_completion_tokens: 9 }, 9, 1, 9],
    [chat, { ...words(4), max_tokens: 0 }, 4096, 1, 4096],
    [chat, { ...words(4), max_output_tokens: 5 }, 4096, 1, 4096],
    ['responses.create', { input: 'xxxx', max_tokens: 5 }, 4096, 1, 4096],
    [chat, { ...words(4), model: 'short', max_tokens: 5000 }, 5000, 1, 100],
    [chat, words(4), 4096, 1, 4096],
    [chat, { ...words(4), max_tokens: null }, 4096, 1, 4096],
    [chat, { ...words(4), model: 'short' }, 100, 1, 100],
    ['completions.create', { prompt: ['aaaa', 'bbbb'], max_tokens: 50 }, 100, 2, 100],
    ['completions.create', { prompt: ['aaaa', 'bbbb'], max_tokens: 50, n: 2, best_of: 3 }, 300, 2, 300],
    ['completions.create', { prompt: [1, 2, 3], max_tokens: 50 }, 50, 3, 50],
    ['completions.create', { prompt: [[1, 2], [3]], max_tokens: 50 }, 100, 3, 100],
    ['completions.create', { max_tokens: 50 }, 50, 0, 50],
    ['responses.create', { input: 'x'.repeat(9), instructions: 'y'.repeat(3), max_output_tokens: 50 }, 50, 3, 50],
    ['responses.compact', { input: 'x'.repeat(8) }, 4096, 2, 4096],
    ['responses.inputTokens.count', { input: 'x'.repeat(8) }, 2, 2, 0],
    ['embeddings.create', { input: ['aaaa', 'bbbbb'] }, 3, 3, 0],
    ['embeddings.create', { input: [1, 2, 3, 4] }, 4, 4, 0],
    ['embeddings.create', { input: [[1, 2], [3]] }, 3, 3, 0],
    ['moderations.create', { input: [{ type: 'text', text: 'abcde' }] }, 2, 2, 0],
    ['images.generate', { prompt: 'x'.repeat(8), n: 3, model: 'short' }, 2, 2, 300],
    ['audio.speech.create', { input: 'x'.repeat(8), model: 'short' }, 2, 2, 100],
  ]
  for (const [name, fields, tokens, inputTokens, outputTokens] of cases) {
    const { worst } = judged(name, fields)
    assert.deepEqual(
      [worst.tokens, worst.inputTokens, worst.outputTokens],
      [tokens, inputTokens, outputTokens],
      JSON.stringify(fields),
    )
  }
})

test('bytes count as one thing whatever their length, and text that looks like them as text', () => {
  const part = (content: object) => judged(chat, { messages: [{ role: 'user', content: [content] }] }).worst.inputTokens
  const item = (content: object) => judged('responses.create', { input: [content] }).worst.inputTokens
  for (const size of [10, 100_000]) {
    assert.equal(part({ type: 'image_url', image_url: { url: data(size) } }), 1000)
    assert.equal(part({ type: 'image_url', image_url: { url: data(size).replace('data', 'DATA') } }), 1000)
    assert.equal(part({ type: 'image_url', image_url: { url: 'https://example.com/12' } }), 1006)
    assert.equal(part({ type: 'input_audio', input_audio: { data: 'A'.repeat(size) } }), 1000)
    assert.equal(part({ type: 'file', file: { file_data: 'A'.repeat(size) } }), 1000)
    assert.equal(item({ type: 'message', content: [{ type: 'input_image', image_url: data(size) }] }), 1000)
    assert.equal(item({ type: 'image_generation_call', result: 'A'.repeat(size) }), 1000)
    const counted = Math.ceil(data(size).length / 4)
    assert.equal(part({ type: 'text', text: data(size) }), counted)
    assert.equal(item({ role: 'user', content: data(size) }), counted)
    assert.equal(item({ type: 'program_output', result: data(size) }), counted)
  }
})

test('tools count as JSON, and their text is part of what is counted later', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]
  const { worst, inputText } = judged(chat, { ...words(4), tools })
  assert.equal(worst.inputTokens, Math.ceil((4 + JSON.stringify(tools).length) / 4))
  assert.equal(inputText(), `xxxx\n${JSON.stringify(tools)}`)
})

test('images and audio are counted by number and by size', () => {
  assert.equal(judged('images.generate', { prompt: 'p' }).worst.images, 1)
  assert.equal(judged('images.generate', { prompt: 'p', n: 4, size: '1024x1024' }).size, '1024x1024')
  const edit = judgedForm('images.edit', { n: '3', size: '512x512', prompt: 'abcde' }, [10_000_000])
  assert.deepEqual(
    [edit.worst.images, edit.worst.audioMegabytes, edit.worst.tokens, edit.size],
    [3, 0, 1002, '512x512'],
  )
  assert.equal(judgedForm('images.createVariation', {}).worst.images, 1)
  for (const name of ['audio.transcriptions.create', 'audio.translations.create'] as const)
    assert.deepEqual(judgedForm(name, {}, [2_500_000]).worst.audioMegabytes, 2.5)
})

test('whatever stands in a request, what is reserved is a whole number that is not negative', () => {
  const routes = [chat, 'completions.create', 'responses.create', 'embeddings.create', 'moderations.create'] as const
  fc.assert(
    fc.property(fc.constantFrom(...routes), fc.jsonValue(), fc.jsonValue(), (name, one, other) => {
      try {
        const { worst, inputText } = judged(name, { messages: one, input: other, prompt: other, tools: [one, other] })
        for (const amount of Object.values(worst)) assert.ok(Number.isSafeInteger(amount) && amount >= 0)
        assert.equal(typeof inputText(), 'string')
      } catch (error) {
        assert.ok(error instanceof Error && error.name === 'ApiError', String(error))
      }
    }),
  )
  const most = judged('completions.create', { prompt: Array(100_000).fill('x'), max_tokens: 2 ** 31 - 1, n: 128 })
  assert.equal(most.worst.tokens, Number.MAX_SAFE_INTEGER)
})

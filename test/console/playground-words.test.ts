import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { EventReader } from '../../console/src/pages/playground/events.ts'
import { durationMs, headersShown, limitsOf, waitMs } from '../../console/src/pages/playground/headers.ts'
import { pieceOf } from '../../console/src/pages/playground/piece.ts'
import { errorIn } from '../../console/src/pages/playground/refusal.ts'
import { curlOf, missingIn, requestOf, type Settings } from '../../console/src/pages/playground/request.ts'

const settings: Settings = { model: 'm1', system: '', temperature: '', maxTokens: '', isStreamed: false }

test('a stream of events is read alike however it is cut, and what has not come whole is no event', () => {
  const text = ': comment\r\ndata: {"a":1}\r\n\r\nevent: error\ndata:two\rdata: lines\n\nid: 5\n\ndata\n\ndata: half'
  const whole = [
    { name: 'message', data: '{"a":1}' },
    { name: 'error', data: 'two\nlines' },
    { name: 'message', data: '' },
  ]
  for (let first = 0; first <= text.length; first++) {
    for (const second of [first, Math.min(first + 1, text.length), text.length]) {
      const reader = new EventReader()
      const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)]
      assert.deepEqual(
        parts.flatMap((part) => reader.push(part)),
        whole,
        `cut at ${first} and ${second}`,
      )
    }
  }
})

test('what is left of limits, and how long to wait, is read from the headers that say so', () => {
  assert.deepEqual(['8.64s', '1h2m3.5s', '6m0s', '20ms', '0s', '', 'soon', '5'].map(durationMs), [
    8640,
    3_723_500,
    360_000,
    20,
    0,
    null,
    null,
    null,
  ])
  const told = {
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1s',
    'x-ratelimit-limit-tokens': '2147483647',
    'x-ratelimit-remaining-tokens': '2147483647',
    'x-ratelimit-limit-project-tokens': '1000',
    'x-ratelimit-remaining-project-tokens': '0',
    'x-request-id': 'req_1',
    'content-type': 'application/json',
  }
  assert.deepEqual(limitsOf(told), [
    { counts: 'Requests', maximum: 60, remaining: 59, resetMs: 1000 },
    { counts: 'Tokens of the project', maximum: 1000, remaining: 0, resetMs: null },
  ])
  assert.deepEqual(
    headersShown({ 'retry-after': '5', 'x-request-id': 'req_1', date: 'now', 'openai-version': '1' }).map(
      ([name]) => name,
    ),
    ['openai-version', 'retry-after', 'x-request-id'],
  )
  assert.deepEqual([{ 'retry-after': '2', 'retry-after-ms': '1500' }, { 'retry-after': '2' }, {}].map(waitMs), [
    1500,
    2000,
    null,
  ])
})

test('a model server is believed in nothing, not even in being a text', () => {
  const nothing = { text: '', isSomething: false, finish: null, used: null }
  for (const said of [
    null,
    5,
    [],
    {},
    { choices: {} },
    { choices: [null] },
    { choices: [{ delta: { content: [1] } }] },
  ]) {
    assert.deepEqual(pieceOf(said), nothing, JSON.stringify(said))
  }
  assert.deepEqual(pieceOf({ usage: { prompt_tokens: '7', completion_tokens: -1, prompt_tokens_details: 5 } }).used, {
    input: 0,
    cached: 0,
    output: 0,
  })
  const thought = pieceOf({ choices: [{ delta: { reasoning_content: 'hm' } }] })
  assert.deepEqual([thought.text, thought.isSomething], ['', true])
  assert.equal(pieceOf({ choices: [{ message: { content: null, refusal: 'No' } }] }).text, 'No')
  for (const [answer, message] of [
    [{ error: { message: 'a' } }, 'a'],
    [{ error: 'b' }, 'b'],
    [{ detail: 'c' }, 'c'],
    [{ error: { why: 1 } }, '{"why":1}'],
    [{ choices: [] }, undefined],
    ['text', undefined],
    [null, undefined],
  ] as const) {
    assert.equal(errorIn(answer)?.message, message)
  }
})

test('a request has what was chosen and nothing else, and a shell makes the same one of the command', () => {
  const messages = [{ role: 'user' as const, content: 'It\'s "me", $HOME `id` \\ and\na line' }]
  assert.deepEqual(requestOf(settings, messages), { model: 'm1', messages })
  assert.equal(missingIn(settings), null)
  for (const wrong of [{ model: '' }, { temperature: 'warm' }, { maxTokens: 'many' }, { temperature: '-1' }]) {
    assert.notEqual(missingIn({ ...settings, ...wrong }), null, JSON.stringify(wrong))
  }
  const request = requestOf({ ...settings, temperature: '0,5', maxTokens: '1,000', system: 'Be brief' }, messages)
  assert.deepEqual([request.temperature, request.max_tokens, request.messages.length], [0.5, 1000, 2])
  const script = `curl() { for word; do printf '%s\\0' "$word"; done; }; ${curlOf(request, 'http://gate')}`
  const words = execFileSync('sh', ['-c', script], { env: { OPENAI_API_KEY: 'sk-x' }, encoding: 'utf8' }).split('\0')
  assert.equal(words[0], 'http://gate/v1/chat/completions')
  assert.ok(words.includes('Authorization: Bearer sk-x'))
  assert.deepEqual(JSON.parse(words.at(-2) ?? ''), request)
})

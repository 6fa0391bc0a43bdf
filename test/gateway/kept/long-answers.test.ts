import assert from 'node:assert/strict'
import { test } from 'node:test'
import { yesterday } from '../../support/days.ts'
import type { Call } from '../upstream.ts'
import { MB } from './kept.ts'
import { chat, create, jsonl, type Line, linesOf, reach, startRunning, usedIn } from './running.ts'

/*
 * Answers to lines of batches that are longer than any that is kept.
 */

/** Answers with a vector for each text, so many bytes of them, and then with what was used. */
async function answerVectors(call: Call, bytes: number): Promise<void> {
  await call.whole
  call.response.writeHead(200, { 'content-type': 'application/json' })
  call.response.write('{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0')
  const piece = ',0.25'.repeat(MB / 5)
  for (let sent = 0; sent < bytes; sent += piece.length) call.response.write(piece)
  call.response.end(']}],"model":"m1","usage":{"prompt_tokens":7,"total_tokens":7}}')
}

/** Answers with a text of so many words that nobody has asked for. */
async function answerText(call: Call, bytes: number): Promise<void> {
  await call.whole
  const message = { role: 'assistant', content: 'word '.repeat(bytes / 5) }
  const usage = { prompt_tokens: 10, completion_tokens: bytes / 5, total_tokens: bytes / 5 + 10 }
  call.response.writeHead(200, { 'content-type': 'application/json' })
  call.response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage }))
}

const vectors = (custom_id: string) => ({
  ...{ custom_id, method: 'POST', url: '/v1/embeddings' },
  body: { model: 'm1', input: 'hello' },
})

type Case = { lines: object[]; endpoint: string; answer: (call: Call) => Promise<void>; used: number[]; usage: object }
const cases: Record<string, Case> = {
  'more bytes than are kept, and says at its end what it has used': {
    ...{ lines: [vectors('a')], endpoint: '/v1/embeddings', answer: (call) => answerVectors(call, 20 * MB) },
    used: [1, 7, 0],
    usage: { input_tokens: 7, input_tokens_details: { cached_tokens: 0 }, output_tokens: 0, total_tokens: 7 },
  },
  'as many bytes as are kept and one piece more': {
    ...{ lines: [vectors('a')], endpoint: '/v1/embeddings', answer: (call) => answerVectors(call, 16 * MB) },
    used: [1, 7, 0],
    usage: { input_tokens: 7, input_tokens_details: { cached_tokens: 0 }, output_tokens: 0, total_tokens: 7 },
  },
  'more tokens than twice as many as were asked for': {
    ...{ lines: [chat('a', { max_tokens: 100 })], endpoint: '/v1/chat/completions' },
    answer: (call) => answerText(call, 5 * MB),
    // Its end was not waited for: what was asked is counted, and of the answer the most that it may have.
    used: [1, 2, 100],
    usage: { input_tokens: 2, input_tokens_details: { cached_tokens: 0 }, output_tokens: 100, total_tokens: 102 },
  },
}

for (const [what, { lines, endpoint, answer, used, usage }] of Object.entries(cases)) {
  test(`an answer of ${what}: it is asked for once, is an error, and what it has used is charged`, async () => {
    await using it = await startRunning({ model: { batch_price_per_million: { input: 1, output: 1 } } })
    it.upstream.answer(answer)
    const { client } = it.a
    const { id } = await create(client, jsonl(lines), { endpoint })
    const done = await reach(client, id, 'completed')
    assert.equal(it.upstream.calls.length, 1)
    assert.deepEqual(done.request_counts, { total: 1, completed: 0, failed: 1 })
    assert.equal(done.output_file_id ?? null, null)
    const [line] = (await linesOf(client, done.error_file_id)) as [Line]
    assert.deepEqual([line.custom_id, line.error?.code, line.response?.status_code], ['a', 'response_too_large', 200])
    assert.deepEqual(line.response?.body, { usage })
    assert.deepEqual(await usedIn(it.app.admin(), endpoint === '/v1/embeddings' ? 'embeddings' : 'completions'), used)
    const { data } = await it.app.admin().organization.usage.costs({ start_time: yesterday() })
    const costs = data.flatMap(({ results }) => results as { amount: { value: number } }[])
    const all = costs.reduce((sum, { amount }) => sum + amount.value, 0)
    assert.equal(Math.round(all * 1e9), ((used[1] ?? 0) + (used[2] ?? 0)) * 1000)
  })
}

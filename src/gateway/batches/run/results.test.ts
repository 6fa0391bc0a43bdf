import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LineResult, noteOf, resultsOf, writeNote } from './results.ts'

const answered = (custom_id: string, status_code: number, body: object = {}): LineResult => ({
  ...{ id: 'batch_req_1', custom_id, error: null },
  response: { status_code, request_id: 'req_1', body },
})

/** What is read of files with these contents. */
async function read(...files: string[]) {
  const kept = {
    async *results() {
      for (const file of files)
        yield (async function* () {
          // In pieces that end anywhere.
          for (let at = 0; at < file.length; at += 7) yield Buffer.from(file.slice(at, at + 7))
        })()
    },
  }
  const all = await Array.fromAsync(resultsOf(kept, 'batch_1'))
  return all.map(({ text, ...rest }) => ({ ...rest, custom_id: JSON.parse(text.toString()).custom_id }))
}

const note = (line: number, result: LineResult) => writeNote(noteOf(line, result))
const NONE = { input: 0, cached: 0, output: 0, reasoning: 0 }

test('what was written is read: whether it was good, and what it has used, in the words of either API', async () => {
  const chat = {
    ...{ prompt_tokens: 5, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 2 } },
    completion_tokens_details: { reasoning_tokens: 1 },
  }
  const response = { input_tokens: 7, output_tokens: 4, input_tokens_details: { cached_tokens: 6 } }
  const error = { ...answered('c', 200, { usage: { input_tokens: 9 } }), error: { code: 'x', message: 'y' } }
  const file =
    note(1, answered('a', 200, { usage: chat })) +
    note(2, answered('b', 201, { usage: response })) +
    note(3, error) +
    note(4, answered('d', 400))
  assert.deepEqual(await read(file), [
    { line: 1, isGood: true, usage: { input: 5, cached: 2, output: 3, reasoning: 1 }, custom_id: 'a' },
    { line: 2, isGood: true, usage: { input: 7, cached: 6, output: 4, reasoning: 0 }, custom_id: 'b' },
    { line: 3, isGood: false, usage: { ...NONE, input: 9 }, custom_id: 'c' },
    { line: 4, isGood: false, usage: NONE, custom_id: 'd' },
  ])
})

test('of two results of a line the first counts; half a one is none, wherever it was cut off', async () => {
  const [a, b] = [note(1, answered('a', 200)), note(2, answered('b', 200))]
  for (let cut = 0; cut < b.length; cut++) {
    const again = note(2, answered('b again', 200))
    assert.deepEqual(
      (await read(a + b.slice(0, cut), note(1, answered('a again', 200)) + again)).map((one) => one.custom_id),
      ['a', 'b again'],
    )
    // Also where somebody has gone on behind it; only its end is no half.
    if (cut === b.length - 1) continue
    const joined = await read(`${a}${b.slice(0, cut)}\n${again}`)
    assert.deepEqual(
      joined.map((one) => one.custom_id),
      ['a', 'b again'],
      b.slice(0, cut),
    )
  }
})

test('what says nothing that could be read is none', async () => {
  assert.deepEqual(await read('\n\n{"custom_id":"a"}\n1 2 3\n1 1 0 0 0 0 99 {}\n'), [])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../support/databases.ts'
import { chat, create, jsonl, startStage } from './stage.ts'

for (const database of databases) {
  test(`${database}: a batch goes from its file to its results, as the official client follows it`, async () => {
    await using it = await startStage({ database })
    const { client } = it.a
    const made = await create(client, jsonl([chat('a'), chat('b'), chat('c')]), { metadata: { of: 'me' } })
    assert.match(made.id, /^batch_[0-9a-f]{32}$/)
    assert.deepEqual([made.object, made.status, made.metadata], ['batch', 'validating', { of: 'me' }])
    const { id, lines } = await it.sent(made.id)
    assert.equal(lines(), jsonl([chat('a'), chat('b'), chat('c')]))
    it.account.move(id, 'in_progress')
    const running = await it.reach(client, made.id, 'in_progress')
    assert.deepEqual(running.request_counts, { total: 3, completed: 0, failed: 0 })
    assert.equal(running.model, 'm1')
    it.account.move(id, 'completed', {
      answer: (_line, i) =>
        i === 1
          ? { status_code: 400, body: { error: { message: 'no' } } }
          : { status_code: 200, body: { id: `chatcmpl-${i}`, usage: { prompt_tokens: 10, completion_tokens: 5 } } },
    })
    const done = await it.reach(client, made.id, 'completed')
    assert.deepEqual(done.request_counts, { total: 3, completed: 2, failed: 1 })
    const output = await (await client.files.content(done.output_file_id ?? '')).text()
    assert.deepEqual(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).custom_id),
      ['a', 'c'],
    )
    const error = await (await client.files.content(done.error_file_id ?? '')).text()
    assert.equal(JSON.parse(error).custom_id, 'b')
    assert.deepEqual(
      (await client.files.list({ purpose: 'batch_output' })).data.map((file) => file.id).sort(),
      [done.output_file_id, done.error_file_id].sort(),
    )
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI, { toFile } from 'openai'
import { startAccount } from './account.ts'

/*
 * That the account's batches go the way of the original's, as the test moves them on.
 */

const ENDPOINT = '/v1/chat/completions'
const line = (custom_id: string, more: object = {}) => ({
  ...{ custom_id, method: 'POST', url: ENDPOINT, body: { model: 'm1', messages: [] } },
  ...more,
})

async function started(lines: readonly (object | string)[]) {
  const account = await startAccount()
  const client = new OpenAI({ baseURL: account.url, apiKey: account.key, maxRetries: 0 })
  const text = lines.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('')
  const file = await client.files.create({ file: await toFile(Buffer.from(text), 'in.jsonl'), purpose: 'batch' })
  const wanted = { input_file_id: file.id, endpoint: ENDPOINT, completion_window: '24h' } as const
  const batch = await client.batches.create({ ...wanted, metadata: { of: 'me' } })
  assert.equal(batch.status, 'validating')
  const now = () => client.batches.retrieve(batch.id)
  const linesOf = async (id: string | undefined) =>
    (await (await client.files.content(id ?? '')).text())
      .trim()
      .split('\n')
      .map((one) => JSON.parse(one))
  return {
    account,
    client,
    id: batch.id,
    wanted,
    now,
    linesOf,
    [Symbol.asyncDispose]: () => account[Symbol.asyncDispose](),
  }
}

test('a batch goes step by step, and its files have a line for each of its requests', async () => {
  await using it = await started([line('a'), line('b'), line('c')])
  const failing = { status_code: 400, body: { error: { message: 'no', type: 'invalid_request_error' } } }
  for (const status of ['in_progress', 'finalizing', 'completed'] as const) {
    assert.equal(it.account.move(it.id).status, status)
    assert.equal((await it.now()).status, status)
  }
  const batch = await it.now()
  assert.ok(batch.in_progress_at && batch.finalizing_at && batch.completed_at)
  assert.deepEqual(batch.request_counts, { total: 3, completed: 3, failed: 0 })
  assert.deepEqual([batch.usage?.input_tokens, batch.usage?.output_tokens, batch.usage?.total_tokens], [30, 15, 45])
  assert.equal(batch.usage?.input_tokens_details.cached_tokens, 9)
  assert.deepEqual([batch.model, batch.error_file_id], ['m1', null])
  const lines = await it.linesOf(batch.output_file_id)
  assert.deepEqual(
    lines.map(({ custom_id, response, error }) => [custom_id, response.status_code, error]),
    [
      ['a', 200, null],
      ['b', 200, null],
      ['c', 200, null],
    ],
  )
  const other = await it.client.batches.create(it.wanted)
  it.account.move(other.id, 'completed', { answer: () => failing })
  const bad = await it.client.batches.retrieve(other.id)
  assert.deepEqual([bad.output_file_id, bad.request_counts?.failed], [null, 3])
  assert.equal((await it.linesOf(bad.error_file_id))[0].response.status_code, 400)
  const listed = await Array.fromAsync(it.client.batches.list({ limit: 1 }))
  assert.deepEqual(
    listed.map(({ id }) => id),
    [other.id, it.id],
  )
})

test('one that expires has what was done, and says of each other request that it expired', async () => {
  await using it = await started([line('a'), line('b'), line('c')])
  it.account.move(it.id, 'in_progress')
  it.account.move(it.id, 'expired', { done: 1 })
  const batch = await it.now()
  assert.deepEqual([batch.status, batch.usage?.total_tokens], ['expired', 15])
  assert.deepEqual(
    (await it.linesOf(batch.output_file_id)).map(({ custom_id }) => custom_id),
    ['a'],
  )
  const errors = await it.linesOf(batch.error_file_id)
  assert.deepEqual(
    errors.map(({ custom_id, response, error }) => [custom_id, response, error.code]),
    [
      ['b', null, 'batch_expired'],
      ['c', null, 'batch_expired'],
    ],
  )
})

test('one that is cancelled has what was done, and none is cancelled that has ended', async () => {
  await using it = await started([line('a'), line('b')])
  it.account.move(it.id, 'in_progress')
  assert.equal((await it.client.batches.cancel(it.id)).status, 'cancelling')
  it.account.move(it.id, 'cancelled', { done: 1 })
  const batch = await it.now()
  assert.deepEqual([batch.status, batch.request_counts], ['cancelled', { total: 2, completed: 1, failed: 0 }])
  assert.equal((await it.linesOf(batch.output_file_id)).length, 1)
  await assert.rejects(it.client.batches.cancel(it.id), { status: 409 })
})

for (const [code, bad] of Object.entries({
  invalid_json_line: 'no JSON',
  duplicate_custom_id: line('a'),
  invalid_method: line('b', { method: 'GET' }),
  url_mismatch: line('b', { url: '/v1/responses' }),
  model_mismatch: line('b', { body: { model: 'm2' } }),
  missing_required_parameter: line('b', { custom_id: undefined }),
})) {
  test(`one whose second line is bad (${code}) fails, and says so`, async () => {
    await using it = await started([line('a'), bad])
    it.account.move(it.id, 'completed')
    const { status, errors, failed_at } = await it.now()
    assert.deepEqual([status, errors?.data?.map((error) => [error.code, error.line])], ['failed', [[code, 2]]])
    assert.ok(failed_at)
  })
}

test('one without a line fails, and so does one that the test says of', async () => {
  await using it = await started([])
  it.account.move(it.id)
  assert.equal((await it.now()).errors?.data?.[0]?.code, 'empty_file')
  const { id } = await it.client.batches.create(it.wanted)
  const errors = [{ code: 'token_limit_exceeded', line: null, message: 'Enqueued token limit reached', param: null }]
  it.account.move(id, 'failed', { errors })
  assert.deepEqual((await it.client.batches.retrieve(id)).errors?.data, errors)
})

test('a batch is refused whose input is not there or is none, and one that is not there', async () => {
  await using it = await started([line('a')])
  const { client, wanted } = it
  await assert.rejects(client.batches.create({ ...wanted, input_file_id: 'file-x' }), { status: 404 })
  const other = await client.files.create({ file: await toFile(Buffer.from('{}'), 'x.jsonl'), purpose: 'user_data' })
  await assert.rejects(client.batches.create({ ...wanted, input_file_id: other.id }), { status: 400 })
  const text = await toFile(Buffer.from('{}'), 'x.txt')
  await assert.rejects(client.files.create({ file: text, purpose: 'batch' }), { status: 400 })
  const error = { message: "No batch found with id 'batch_x'.", type: 'invalid_request_error', param: null, code: null }
  await assert.rejects(client.batches.retrieve('batch_x'), { status: 404, error })
})

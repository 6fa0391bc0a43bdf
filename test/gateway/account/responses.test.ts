import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI, { NotFoundError, toFile } from 'openai'
import { type Account, startAccount } from './account.ts'

/*
 * That the account's answers refer to what it has, and are kept as the official client expects it.
 */

const clientOf = ({ url, key }: Account) => new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 })
const text = (content: string, name = 'a.txt') => toFile(Buffer.from(content), name)
/** What the original says where it does not have something. */
const refused = (message: string, status = 404, param: string | null = null) => ({
  status,
  error: { message, type: 'invalid_request_error', param, code: null },
})

async function started() {
  const account = await startAccount()
  return { account, client: clientOf(account), [Symbol.asyncDispose]: () => account[Symbol.asyncDispose]() }
}

test('answers name the files that they were given, and what is not there is refused wherever it stands', async () => {
  await using it = await started()
  const { client } = it
  const file = await client.files.create({ file: await text('x'), purpose: 'user_data' })
  const ask = (file_id: string) =>
    client.responses.create({ model: 'm1', input: [{ role: 'user', content: [{ type: 'input_file', file_id }] }] })
  const answer = await ask(file.id)
  assert.equal(answer.output_text, `Given: ${file.id}`)
  assert.equal(answer.usage?.total_tokens, 15)
  await assert.rejects(ask('file-x'), refused('No such File object: file-x', 404, 'id'))
  const chat = (file_id: string) =>
    client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_id } }] }],
    })
  assert.equal((await chat(file.id)).choices[0]?.message.content, `Given: ${file.id}`)
  await assert.rejects(chat('file-x'), NotFoundError)
  const with_ = (more: object) => client.responses.create({ model: 'm1', input: 'x', ...more })
  for (const more of [
    { previous_response_id: 'resp_x' },
    { conversation: 'conv_x' },
    { conversation: { id: 'conv_x' } },
    { tools: [{ type: 'file_search', vector_store_ids: ['vs_x'] }] },
    { tools: [{ type: 'code_interpreter', container: 'cntr_x' }] },
    { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-x'] } }] },
    { input: [{ type: 'item_reference', id: 'msg_x' }] },
  ])
    await assert.rejects(with_(more), NotFoundError, JSON.stringify(more))
  await with_({ previous_response_id: answer.id })
  await with_({ input: [{ type: 'item_reference', id: answer.output[0]?.id }] })
})

test('an answer leaves its items in its conversation, and its tool makes a container; a stream tells of both', async () => {
  await using it = await started()
  const { client } = it
  const { id } = await client.conversations.create()
  const stream = await client.responses.create({
    ...{ model: 'm1', input: 'draw', conversation: id, stream: true },
    tools: [{ type: 'code_interpreter', container: { type: 'auto' } }],
  })
  const events = await Array.fromAsync(stream)
  assert.equal(events[0]?.type, 'response.created')
  const last = events.at(-1)
  assert.ok(last?.type === 'response.completed')
  const [call] = last.response.output
  assert.ok(call?.type === 'code_interpreter_call')
  const [drawn] = (await client.containers.files.list(call.container_id)).data
  assert.equal(drawn?.source, 'assistant')
  const items = await Array.fromAsync(client.conversations.items.list(id, { order: 'asc' }))
  assert.deepEqual(
    items.map(({ type }) => type),
    ['message', 'code_interpreter_call', 'message'],
  )
})

test('an answer in the background ends when the test says, for who asks, who waits and who comes back to its stream', async () => {
  await using it = await started()
  const { responses } = it.client
  const wanted = { model: 'm1', input: 'think', background: true } as const
  const queued = await responses.create(wanted)
  assert.deepEqual([queued.status, queued.output.length], ['queued', 0])
  it.account.endResponse(queued.id)
  const ended = await responses.retrieve(queued.id)
  assert.deepEqual([ended.status, ended.output_text], ['completed', 'Nothing was given.'])
  const stream = await responses.create({ ...wanted, stream: true })
  const first = []
  for await (const event of stream) {
    first.push(event)
    if (event.type === 'response.queued') break
  }
  const [created] = first
  assert.ok(created?.type === 'response.created')
  const { id } = created.response
  const again = await responses.retrieve(id, { stream: true, starting_after: 1 })
  it.account.endResponse(id)
  const numbers = (await Array.fromAsync(again)).map((event) => event.sequence_number)
  assert.deepEqual(
    numbers,
    Array.from(numbers, (_, index) => index + 2),
  )
  assert.equal((await responses.retrieve(id)).usage?.total_tokens, 15)
})

test('an answer in the background is cancelled, one in the foreground is not', async () => {
  await using it = await started()
  const { responses } = it.client
  const { id } = await responses.create({ model: 'm1', input: 'think', background: true })
  assert.equal((await responses.cancel(id)).status, 'cancelled')
  const other = await responses.create({ model: 'm1', input: 'x' })
  await assert.rejects(responses.cancel(other.id), { status: 400 })
  const items = await Array.fromAsync(responses.inputItems.list(other.id))
  assert.equal(items.length, 1)
  await responses.delete(other.id)
  await assert.rejects(responses.retrieve(other.id), refused(`Response with id '${other.id}' not found.`))
  const unkept = await responses.create({ model: 'm1', input: 'x', store: false })
  await assert.rejects(responses.retrieve(unkept.id), NotFoundError)
})

test('chat completions are kept if they are to be, listed by model and metadata, changed and deleted', async () => {
  await using it = await started()
  const { completions } = it.client.chat
  const messages = [{ role: 'user' as const, content: 'hello' }]
  const chat = (model: string, more: object) => completions.create({ model, messages, ...more })
  await chat('m1', {})
  const kept = await chat('m1', { store: true, metadata: { of: 'me' } })
  const other = await chat('gpt-4o-mini', { store: true })
  const ids = async (query: object) =>
    (await Array.fromAsync(completions.list({ limit: 1, ...query }))).map(({ id }) => id)
  assert.deepEqual(await ids({}), [kept.id, other.id])
  assert.deepEqual(await ids({ model: 'gpt-4o-mini' }), [other.id])
  assert.deepEqual(await ids({ metadata: { of: 'me' } }), [kept.id])
  const [message] = (await completions.messages.list(kept.id)).data
  assert.equal(message?.content, 'hello')
  const changed = await completions.update(kept.id, { metadata: { of: 'you' } })
  assert.deepEqual(changed.metadata, { of: 'you' })
  assert.equal((await completions.delete(kept.id)).object, 'chat.completion.deleted')
  await assert.rejects(completions.retrieve(kept.id), NotFoundError)
})

test('there are things of nobody of every kind that is listed', async () => {
  const nobody = { files: 1, batches: 2, vectorStores: 3, containers: 4, chats: 5, conversations: 6 }
  await using account = await startAccount({ nobody })
  const client = clientOf(account)
  const { files, batches, vectorStores, containers, chat } = client
  const lists = [files.list(), batches.list(), vectorStores.list(), containers.list(), chat.completions.list()]
  const counts = await Promise.all(lists.map(async (list) => (await list).data.length))
  assert.deepEqual(counts, [1, 2, 3, 4, 5])
  const [id = ''] = account.fill({ conversations: 1 }).conversations
  assert.equal((await client.conversations.retrieve(id)).id, id)
  assert.equal(account.conversations.size, 7)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { databases, openTestDatabase } from '../../support/databases.ts'
import { startTestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../upstream.ts'
import { envOf, startShared } from './shared.ts'

const said = (content: string): ResponseInputItem => ({ role: 'user', content })
const noItem = (id: string) => ({
  status: 404,
  error: {
    message: `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    ...{ type: 'invalid_request_error', param: 'item_id', code: null },
  },
})

for (const database of databases) {
  test(`${database}: a conversation goes on through the official client, and its items are its project's`, async () => {
    await using own = await openTestDatabase(database)
    await using it = await startShared({ databaseUrl: own.url })
    const { a, b, account } = it
    const { conversations, responses } = a.client
    const begun = await conversations.create({ items: [said('hello')], metadata: { topic: 'demo' } })
    assert.deepEqual(begun.metadata, { topic: 'demo' })
    assert.deepEqual((await conversations.update(begun.id, { metadata: { topic: 'x' } })).metadata, { topic: 'x' })
    assert.equal((await conversations.retrieve(begun.id)).id, begun.id)
    // Without a body, as the client sends it that leaves all out.
    assert.match((await conversations.create()).id, /^conv_/)

    const added = await conversations.items.create(begun.id, { items: [said('one'), said('two')] })
    const whole = await responses.create({ model: 'm1', input: 'three', conversation: begun.id })
    assert.deepEqual(whole.conversation, { id: begun.id })
    const streamed = await responses.create({
      ...{ model: 'm1', input: 'four', conversation: { id: begun.id } },
      ...{ stream: true as const, store: false },
    })
    const done: string[] = []
    for await (const event of streamed) if (event.type === 'response.output_item.done') done.push(event.item.id ?? '')
    const shown = [...added.data, ...whole.output].map(({ id }) => id ?? '').concat(done)
    assert.equal(shown.length, 4)
    const all = await Array.fromAsync(conversations.items.list(begun.id, { limit: 2, order: 'asc' }))
    // What was said by the user comes out in the list alone.
    assert.equal(all.length, 7)
    assert.ok(shown.every((id) => all.some((item) => item.id === id)))
    const theirs = await b.client.conversations.create()
    const mine = await conversations.create()
    for (const { id = '' } of all) {
      const item = id ?? ''
      assert.equal((await conversations.items.retrieve(item, { conversation_id: begun.id })).id, item)
      // Under another conversation of the project the model server says that it is not there; under another project's, the gate.
      await assert.rejects(conversations.items.retrieve(item, { conversation_id: mine.id }), {
        status: 404,
        param: null,
      })
      await assert.rejects(b.client.conversations.items.retrieve(item, { conversation_id: theirs.id }), noItem(item))
      await assert.rejects(b.client.conversations.items.delete(item, { conversation_id: theirs.id }), noItem(item))
      const named = [said('x'), { type: 'item_reference' as const, id: item }]
      await assert.rejects(b.client.conversations.create({ items: named }), { status: 404, param: 'items[1].id' })
      await assert.rejects(b.client.conversations.items.create(theirs.id, { items: named }), {
        ...{ status: 404, param: 'items[1].id' },
      })
      await responses.create({ model: 'm1', input: named })
    }
    assert.equal(account.conversations.beside(theirs.id).size, 0)

    // One that is deleted is gone, and so is the conversation; its items are not, as the original has it.
    const [first, second] = all.map(({ id }) => id ?? '') as [string, string]
    await conversations.items.delete(first, { conversation_id: begun.id })
    await assert.rejects(conversations.items.retrieve(first, { conversation_id: begun.id }), noItem(first))
    await responses.delete(whole.id)
    assert.ok(await conversations.items.retrieve(whole.output[0]?.id ?? '', { conversation_id: begun.id }))
    const written = () => it.app.db.selectFrom('owned').select('id').where('id', '=', second).executeTakeFirst()
    await until(async () => (await written()) !== undefined, 'what was shown is written')
    await using next = await startTestApp({ databaseUrl: own.url, env: envOf(account) })
    const elsewhere = { baseURL: `${next.url}/v1` }
    assert.ok(await a.client.withOptions(elsewhere).conversations.items.retrieve(second, { conversation_id: begun.id }))
    assert.equal((await conversations.delete(begun.id)).deleted, true)
    await assert.rejects(responses.create({ model: 'm1', input: 'x', conversation: begun.id }), {
      status: 404,
      error: {
        ...{ message: `Conversation with id '${begun.id}' not found.`, type: 'invalid_request_error' },
        ...{ param: 'conversation', code: 'not_found' },
      },
    })
    const ends = () =>
      it.app.db.selectFrom('owned').select('expires_at').where('id', '=', second).executeTakeFirstOrThrow()
    // As long as an item of a response would be kept.
    await until(async () => Number((await ends()).expires_at) < Date.now() / 1000 + 400 * 86_400, 'it has an end')
    assert.ok(Number((await ends()).expires_at) > Date.now() / 1000 + 86_400)
  })
}

test('what a conversation keeps is judged as an input is, and brings no tools that the model server runs', async () => {
  await using it = await startShared()
  const { a, b, account } = it
  const file = await b.client.files.create({ file: new File(['x'], 'x.txt'), purpose: 'user_data' })
  const { id } = await a.client.conversations.create()
  const client = { type: 'function', name: 'f', parameters: {}, strict: true }
  const inner = (tools: unknown) => ({ type: 'namespace', name: 'n', description: 'd', tools })
  const before = account.requests.length
  const refused: [item: object, verdict: string][] = [
    ...[{ type: 'web_search' }, { type: 'mcp', server_label: 'l' }, { Type: 'web_search' }, 7]
      .flatMap((tool) => [[tool], [client, inner([tool])], [inner([inner([client, tool])])]])
      .flatMap((tools): [object, string][] =>
        ['additional_tools', 'tool_search_output', 'message'].map((type) => [
          { type, role: 'developer', call_id: 'c', tools },
          '400 not_offered items[0].tools',
        ]),
      ),
    [{ type: 'tool_search_output', Tools: [client] }, '400 not_offered items[0].Tools'],
    [
      { type: 'additional_tools', role: 'developer', tools: [{ ...client, api_base: 'http://10.0.0.1' }] },
      '400 not_offered items[0].tools[0].api_base',
    ],
    [{ role: 'user', content: [{ type: 'input_file', file_id: file.id }] }, '404 null file_id'],
    [
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', file_id: file.id }] },
      '404 null file_id',
    ],
    [{ type: 'shell_call', environment: { container_id: 'cntr_1' } }, '404 null container_id'],
    [
      { type: 'message', role: 'user', content: [{ type: 'input_file', fileId: file.id }] },
      '400 not_offered items[0].content[0].fileId',
    ],
    [{ type: 'item_reference', id: 'msg_nobodys' }, '404 null items[0].id'],
    [{ id: 'msg_nobodys' }, '404 null items[0].id'],
  ]
  for (const [item, verdict] of refused) {
    for (const path of ['/v1/conversations', `/v1/conversations/${id}/items`]) {
      const { status, body } = await it.app.send('POST', path, { key: a.key, body: { items: [item] } })
      assert.equal(`${status} ${body.error?.code} ${body.error?.param}`, verdict, JSON.stringify(item))
    }
    if (!verdict.includes('tools') && !verdict.includes('Tools')) continue
    // What is said in one is kept by it, too.
    for (const path of ['/v1/responses', '/v1/responses/input_tokens']) {
      const body = { model: 'm1', input: [item], conversation: id }
      const reply = await it.app.send('POST', path, { key: a.key, body })
      assert.equal(reply.status, 400, `${path} ${JSON.stringify(item)}: ${reply.text}`)
    }
  }
  for (const [conversation, param] of [
    [{ id, more: 1 }, 'conversation.more'],
    [{ id: 7 }, 'conversation.id'],
    [{}, 'conversation.id'],
    [[id], 'conversation'],
    [7, 'conversation'],
  ] as const) {
    const body = { model: 'm1', input: 'x', conversation }
    const reply = await it.app.send('POST', '/v1/responses', { key: a.key, body })
    assert.deepEqual([reply.status, reply.body.error.param], [400, param])
  }
  for (const more of [{ model: 'm1' }, { conversation: id }, { id }])
    assert.equal((await it.app.send('POST', '/v1/conversations', { key: a.key, body: more })).status, 400)
  assert.equal(account.requests.length, before, 'the model server was asked')
  const tools = [client, inner([client])]
  const kept = { type: 'additional_tools', role: 'developer', tools }
  const reply = await it.app.send('POST', `/v1/conversations/${id}/items`, { key: a.key, body: { items: [kept] } })
  assert.equal(reply.status, 200, reply.text)
})

test('what goes on in a conversation is input that nobody sees: money is set aside for all that a model reads', async () => {
  const price_per_million = { input: 1_000_000, output: 1_000_000 }
  await using file = await modelsFile({
    m1: { price_per_million, max_output_tokens: 10, context_tokens: 100_000 },
    m2: { price_per_million, max_output_tokens: 10 },
  })
  await using it = await startShared({ env: { GATEHOUSE_CONFIG: file.path } })
  const { app, a } = it
  const { id } = await a.client.conversations.create()
  const limit = (dollars: number) =>
    app.send('POST', `/v1/organization/projects/${a.projectId}/spend_limit`, {
      body: { threshold_amount: dollars * 100, currency: 'USD', interval: 'month' },
    })
  const ask = (model: string, more: object = {}) =>
    app.send('POST', '/v1/responses', { key: a.key, body: { model, input: 'x', ...more } })
  const set = await limit(50_000)
  assert.equal(set.status, 200, set.text)
  assert.equal((await ask('m1')).status, 200)
  const over = await ask('m1', { conversation: id })
  assert.equal(over.status, 429, over.text)
  const unbounded = await ask('m2', { conversation: id })
  assert.deepEqual(
    [unbounded.status, unbounded.body.error.code, unbounded.body.error.param],
    [400, 'context_tokens_unknown', 'conversation'],
  )
})

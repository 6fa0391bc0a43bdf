import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Account, startAccount } from './account.ts'

/*
 * That the account answers whatever it is asked, as the original does: one that hangs up is for the gate a model server that cannot be
 * reached, and no test could tell that from a fault of the gate.
 */

const values = [null, true, 3.5e162, -1, '', 'x', [], [null], [3], [[]], ['x'], {}, { id: 3 }, { a: { b: null } }]
const names = ['input', 'tools', 'messages', 'metadata', 'conversation', 'stream_options', 'items', 'expires_after']
const more = [
  'file_ids',
  'part_ids',
  'files',
  'attributes',
  'chunking_strategy',
  'query',
  'filters',
  'previous_response_id',
]
const tools = ['code_interpreter', 'shell', 'file_search'].flatMap((type) =>
  values.flatMap((value) => [
    { type, container: value },
    { type, environment: value },
    { type, environment: { type: 'container_auto', file_ids: value } },
  ]),
)

/** One of each kind, and by the paths that read or change it a body that is taken. */
function routesOf({ fill, key: _, ...had }: Account) {
  const { files, batches, vectorStores, containers, conversations, chats, responses } = fill({
    ...{ files: 1, batches: 1, vectorStores: 1, containers: 1, conversations: 1, chats: 1, responses: 1 },
  })
  assert.ok(had.files.size > 0)
  const batch = { input_file_id: files[0], endpoint: '/v1/responses', completion_window: '24h' }
  const upload = { bytes: 1, filename: 'a.txt', purpose: 'user_data', mime_type: 'text/plain' }
  return {
    '/chat/completions': { model: 'm1', messages: [{ role: 'user', content: 'x' }], store: true },
    [`/chat/completions/${chats[0]}`]: { metadata: {} },
    '/responses': { model: 'm1', input: 'x' },
    [`/responses/${responses[0]}/cancel`]: {},
    '/conversations': { items: [] },
    [`/conversations/${conversations[0]}`]: { metadata: {} },
    [`/conversations/${conversations[0]}/items`]: { items: [] },
    '/vector_stores': { name: 'x' },
    [`/vector_stores/${vectorStores[0]}`]: { name: 'x' },
    [`/vector_stores/${vectorStores[0]}/files`]: { file_id: files[0] },
    [`/vector_stores/${vectorStores[0]}/file_batches`]: { file_ids: [files[0]] },
    [`/vector_stores/${vectorStores[0]}/search`]: { query: 'x' },
    '/containers': { name: 'x' },
    [`/containers/${containers[0]}/files`]: { file_id: files[0] },
    '/batches': batch,
    [`/batches/${batches[0]}/cancel`]: {},
    '/uploads': upload,
  }
}

test('whatever stands in a body, it is answered, and so is every list afterwards', async () => {
  await using account = await startAccount()
  const headers = { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' }
  const cut: string[] = []
  const ask = async (path: string, body: unknown) => {
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) }
    const asked = `${path} ${JSON.stringify(body)}`
    await fetch(account.url + path, init).then(
      async (answer) => {
        await answer.arrayBuffer()
        if (answer.status >= 500) cut.push(`${answer.status} ${asked}`)
      },
      (error: Error) => cut.push(`${error.message} ${asked}`),
    )
  }
  for (const [path, right] of Object.entries(routesOf(account))) {
    for (const value of values) await ask(path, value)
    for (const name of new Set([...Object.keys(right), ...names, ...more]))
      for (const value of values) await ask(path, { ...right, [name]: value })
    for (const tool of tools) if (path === '/responses') await ask(path, { ...right, tools: [tool] })
  }
  const lists = ['chat/completions', 'vector_stores', 'containers', 'files', 'batches', 'models']
  for (const list of lists) {
    await ask(`/${list}`, undefined)
    await ask(`/${list}?limit=100&metadata[a]=b`, undefined)
  }
  assert.deepEqual(cut, [])
})

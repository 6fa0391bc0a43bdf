import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Account, startAccount } from './account.ts'
import { Content } from './content.ts'
import { addFile } from './files.ts'

/*
 * That the account answers whatever stands in a body, as the original does: one that hangs up is for the gate a model server that cannot be
 * reached, and no test could tell that from a fault of the gate.
 */

const values = [null, true, 3.5e162, -1, '', 'x', [], [null], [3], [[]], ['x'], {}, { id: 3 }, { a: { b: null } }]
/** Fields that some routes know, besides those of the bodies below. */
const names = [
  ...['input', 'tools', 'messages', 'metadata', 'conversation', 'stream_options', 'items', 'expires_after', 'file_ids'],
  ...['part_ids', 'files', 'attributes', 'chunking_strategy', 'query', 'filters', 'previous_response_id'],
  ...['output_expires_after', 'background', 'stream', 'name', 'md5'],
]
const tools = ['code_interpreter', 'shell', 'file_search'].flatMap((type) =>
  values.flatMap((value) => [
    { type, container: value },
    { type, environment: value },
    { type, environment: { type: 'container_auto', file_ids: value } },
  ]),
)

/** Routes by their paths, each with a body that is taken, as often as one likes; and the lists that show what came of it. */
function routesOf({ files, fill }: Account) {
  const one = { files: 1, vectorStores: 1, containers: 1, conversations: 1, chats: 1, responses: 1 }
  const made = fill(one)
  const [file, store, container] = [made.files[0], made.vectorStores[0], made.containers[0]]
  const [conversation, chat, response] = [made.conversations[0], made.chats[0], made.responses[0]]
  const input_file_id = addFile(files, { filename: 'a.jsonl', purpose: 'batch', content: Content.of('{}\n') }).id
  const routes = {
    '/chat/completions': { model: 'm1', messages: [{ role: 'user', content: 'x' }], store: true },
    [`/chat/completions/${chat}`]: { metadata: {} },
    '/responses': { model: 'm1', input: 'x' },
    '/conversations': { items: [] },
    [`/conversations/${conversation}`]: { metadata: {} },
    [`/conversations/${conversation}/items`]: { items: [] },
    '/vector_stores': { name: 'x' },
    [`/vector_stores/${store}`]: { name: 'x' },
    [`/vector_stores/${store}/files`]: { file_id: file },
    [`/vector_stores/${store}/file_batches`]: { file_ids: [file] },
    [`/vector_stores/${store}/search`]: { query: 'x' },
    '/containers': { name: 'x' },
    [`/containers/${container}/files`]: { file_id: file },
    '/batches': { input_file_id, endpoint: '/v1/responses', completion_window: '24h' },
    '/uploads': { bytes: 1, filename: 'a.txt', purpose: 'user_data', mime_type: 'text/plain' },
  }
  const lists = [
    ...['/chat/completions', '/chat/completions?metadata[a]=b', `/chat/completions/${chat}/messages`, '/vector_stores'],
    ...[`/vector_stores/${store}/files`, '/containers', `/containers/${container}/files`, '/files', '/batches'],
    ...[`/conversations/${conversation}/items`, `/responses/${response}/input_items`, '/models'],
  ]
  return { routes, lists }
}

test('whatever stands in a body, it is answered, and so is every list behind it', async () => {
  await using account = await startAccount()
  const { routes, lists } = routesOf(account)
  const headers = { authorization: `Bearer ${account.key}`, 'content-type': 'application/json' }
  const unanswered: string[] = []
  /** @param isRight whether it has to be answered with 200 */
  const ask = async (path: string, body: unknown, isRight = false) => {
    const init = body === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(body) }
    const asked = `${path} ${JSON.stringify(body)}`
    await fetch(account.url + path, init).then(
      async (answer) => {
        await answer.arrayBuffer()
        if (isRight ? answer.status !== 200 : answer.status >= 500) unanswered.push(`${answer.status} ${asked}`)
      },
      (error: Error) => unanswered.push(`${error.message} ${asked}`),
    )
  }
  const askAll = async (path: string, bodies: readonly unknown[]) => {
    for (const body of bodies) await ask(path, body)
  }
  const askLists = async () => {
    for (const list of lists) await ask(list, undefined, true)
  }
  for (const [path, right] of Object.entries(routes)) {
    await ask(path, right, true)
    await askAll(path, values)
    for (const name of new Set([...Object.keys(right), ...names]))
      await askAll(
        path,
        values.map((value) => ({ ...right, [name]: value })),
      )
    await askLists()
  }
  await askAll(
    '/responses',
    tools.map((tool) => ({ ...routes['/responses'], tools: [tool] })),
  )
  // Of what is changed the last value stays: each that a list could not show has its turn.
  for (const path of Object.keys(routes).filter((one) => /\/(chatcmpl-|conv_|vs_)[^/]*$/.test(one)))
    for (const value of values) {
      await ask(path, { metadata: value, name: value, attributes: value })
      await askLists()
    }
  assert.deepEqual(unanswered, [])
})

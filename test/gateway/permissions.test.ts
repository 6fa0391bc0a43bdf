import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoints } from '../../src/admin/index.ts'
import { atTheGate } from '../../src/admin/permissions.ts'
import { contract } from '../../src/contract/index.ts'
import { permissions } from '../../src/core/permission.ts'
import { routes } from '../../src/gateway/routes/table.ts'
import { clientOf } from '../support/client.ts'
import { ADMIN_KEY, startTestApp } from '../support/harness.ts'

/** A word of what each permission is said to open, by the beginning of a route's path behind `/v1/`, and its method where that matters. */
const said: Record<string, RegExp> = {
  'GET models': /List and retrieve models/,
  'POST chat': /chat/,
  'GET chat': /retrieve, change and delete stored chats/,
  'DELETE chat': /delete stored chats/,
  'POST completions': /completions/,
  'POST messages': /messages/,
  'POST embeddings': /embeddings/,
  'POST moderations': /moderations/,
  'POST images': /images/,
  'POST audio': /audio/,
  'POST rerank': /rerank/,
  'POST score': /score/,
  'POST classify': /classify/,
  'POST pooling': /pooling/,
  'POST tokenize': / tokenize/,
  'POST detokenize': /detokenize/,
  'GET responses': /Retrieve responses/,
  'POST responses': /Create, compact, count, cancel/,
  'DELETE responses': /delete responses/,
  'GET files': /List and retrieve files, and their content/,
  'POST files': /Upload/,
  'DELETE files': /delete files/,
  'POST uploads': /Upload/,
  'GET conversations': /Retrieve .* conversations and their items/,
  'POST conversations': /create, change and delete conversations/,
  'DELETE conversations': /delete conversations and their items/,
  'GET webhook_endpoints': /List and retrieve webhook endpoints/,
  'GET webhook_event_types': /webhook endpoints/,
  'POST webhook_endpoints': /Create, change, test/,
  'DELETE webhook_endpoints': /delete webhook endpoints/,
  'GET containers': /Retrieve .* containers/,
  'POST containers': /fill and delete containers/,
  'DELETE containers': /delete .*containers/,
  'GET vector_stores': /List, retrieve and search vector stores/,
  'POST vector_stores': /vector stores/,
  'DELETE vector_stores': /delete vector stores/,
  'GET batches': /List and retrieve batches/,
  'POST batches': /Create and cancel batches/,
}

test('the catalogue of permissions says what each route of the gate asks for, and nothing of others', () => {
  const seen = new Set<string>()
  for (const { method, path, permission } of Object.values(routes)) {
    const begins = `${method} ${path.split('/')[2]}`
    assert.match(atTheGate[permission], said[begins] ?? /^nobody has said it$/, `${method} ${path}`)
    seen.add(begins)
  }
  assert.deepEqual([...seen].sort(), Object.keys(said).sort())
})

test('it has every permission once, with all operations that ask for it and the roles that hold it', async () => {
  await using app = await startTestApp()
  const { data, has_more } = await clientOf(app, ADMIN_KEY)(contract.permissions.list, {})
  assert.deepEqual([data.map(({ id }) => id), has_more], [permissions, false])
  const named = data.flatMap(({ operations }) => operations.map(({ id }) => id)).sort()
  const asking = endpoints.filter(({ route: { permission } }) => permissions.some((one) => one === permission))
  assert.deepEqual(named, asking.map(({ name }) => name).sort())
  const usage = data.find(({ id }) => id === 'api.usage.read')
  assert.deepEqual(usage?.predefined_roles, ['role-api-organization-owner'])
  assert.deepEqual([usage?.custom_roles, usage?.models], [['organization'], null])
  const model = data.find(({ id }) => id === 'api.model.read')
  assert.deepEqual([model?.predefined_roles.length, model?.custom_roles], [5, ['organization', 'project']])
  assert.equal(model?.models, 'List and retrieve models.')
})

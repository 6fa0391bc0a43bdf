import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Reply } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { makeKey, startGate, type TestGate } from '../gate.ts'

const MODELS = '/v1/models'
const version = { 'anthropic-version': '2023-06-01' }
/** Twenty-five, of which the last was made last, and one that says no time. */
const listed = [
  ...Array.from({ length: 25 }, (_, i) => ({ id: `m${i}`, object: 'model', created: 1_700_000_000 + i })),
  { id: 'old', object: 'model' },
]
const idsOf = ({ body }: Reply): string[] => body.data.map(({ id }: { id: string }) => id)

describe('models are shown in the shape of the Anthropic API to who names a version of it', () => {
  let gate: TestGate
  let file: Awaited<ReturnType<typeof modelsFile>>
  before(async () => {
    file = await modelsFile({ m3: { max_output_tokens: 100, context_tokens: 1000 } })
    gate = await startGate({ models: listed, env: { GATEHOUSE_CONFIG: file.path } })
  })
  after(async () => {
    await gate[Symbol.asyncDispose]()
    await file[Symbol.asyncDispose]()
  })

  const list = (query = '', key = gate.key) => gate.app.send('GET', MODELS + query, { key, headers: version })
  const projects = () => gate.app.admin().organization.projects

  test('one by one, with what is known of them', async () => {
    const one = await gate.app.send('GET', `${MODELS}/m3`, { key: gate.key, headers: version })
    assert.deepEqual(one.body, {
      ...{ type: 'model', id: 'm3', display_name: 'm3', created_at: '2023-11-14T22:13:23.000Z' },
      ...{ max_input_tokens: 1000, max_tokens: 100, capabilities: null, lifecycle: 'active', line: null },
      ...{ deprecated_at: null, retires_at: null },
    })
    assert.equal(one.headers.get('request-id'), one.headers.get('x-request-id'))
    const old = await gate.app.send('GET', `${MODELS}/old`, { key: gate.key, headers: version })
    assert.equal(old.body.created_at, '1970-01-01T00:00:00.000Z')
    const none = await gate.app.send('GET', `${MODELS}/nobodys`, { key: gate.key, headers: version })
    assert.deepEqual([none.status, none.body.type, none.body.error.type], [404, 'error', 'not_found_error'])
  })

  test('and in pages, the newest first', async () => {
    const first = await list()
    assert.equal(first.body.data.length, 20)
    assert.deepEqual([first.body.has_more, first.body.first_id, first.body.last_id], [true, 'm24', 'm5'])
    const second = await list(`?after_id=${first.body.last_id}`)
    assert.deepEqual([idsOf(second), second.body.has_more], [['m4', 'm3', 'm2', 'm1', 'm0', 'old'], false])
    const before = await list('?before_id=m4&limit=2')
    assert.deepEqual([idsOf(before), before.body.has_more], [['m6', 'm5'], true])
    const start = await list('?before_id=m23&limit=5')
    assert.deepEqual([idsOf(start), start.body.has_more], [['m24'], false])
    const all = await list('?limit=1000')
    assert.deepEqual([all.body.data.length, all.body.has_more], [26, false])
    const rest = await list('?after_id=old')
    assert.deepEqual(rest.body, { data: [], has_more: false, first_id: null, last_id: null })
  })

  test('but for no page that there is not', async () => {
    for (const query of [
      '?limit=0',
      '?limit=1001',
      '?limit=x',
      '?after_id=nobodys',
      '?before_id=',
      '?limit=1&limit=2',
    ]) {
      const reply = await list(query)
      assert.deepEqual([reply.status, reply.body.error.type], [400, 'invalid_request_error'], query)
    }
  })

  test('of those that the project may use', async () => {
    const { projectId, key } = await makeKey(gate.app)
    await projects().modelPermissions.update(projectId, { mode: 'allow_list', model_ids: ['m1', 'm3'] })
    const reply = await list('', key)
    assert.deepEqual([idsOf(reply), reply.body.has_more], [['m3', 'm1'], false])
    // Whether there is another one tells nobody anything.
    const [hidden, none] = [await list('?after_id=m2', key), await list('?after_id=nobodys', key)]
    assert.deepEqual([hidden.status, hidden.body.error], [none.status, none.body.error])
    const one = await gate.app.send('GET', `${MODELS}/m2`, { key, headers: version })
    assert.deepEqual([one.status, one.body.error.type], [403, 'permission_error'])
  })

  test('with a key in either header, and to nobody else', async () => {
    const alone = await gate.app.send('GET', MODELS, { key: null, headers: { ...version, 'x-api-key': gate.key } })
    assert.equal(alone.status, 200, alone.text)
    const original = await gate.app.send('GET', `${MODELS}?limit=x`, { key: gate.key })
    assert.deepEqual([original.body.object, original.body.data.length], ['list', 26])
    assert.equal(original.headers.get('request-id'), null)
    const without = await gate.app.send('GET', MODELS, { key: null, headers: { 'x-api-key': gate.key } })
    assert.deepEqual([without.status, without.body.error.type], [401, 'invalid_request_error'])
  })
})

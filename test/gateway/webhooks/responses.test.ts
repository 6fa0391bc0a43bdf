import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../support/databases.ts'
import { until } from '../../support/until.ts'
import { startShared } from '../owned/shared.ts'
import { startReceiver } from './receiver.ts'

const env = { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8' }
const ends = ['completed', 'failed', 'incomplete', 'cancelled'] as const
const event_types = ends.map((end) => `response.${end}` as const)

for (const database of databases) {
  test(`${database}: however a response in the background ends, its project's webhooks are told once, and nobody else's`, async () => {
    await using receiver = await startReceiver()
    await using it = await startShared({ database, env })
    const { responses, webhooks } = it.a.client
    const hook = (path: string) => ({ name: 'x', url: receiver.url + path, event_types })
    const { signing_secret } = await webhooks.create(hook('/a'))
    await it.b.client.webhooks.create(hook('/b'))
    // Of one that is answered at once there is nothing to tell.
    await responses.create({ model: 'm1', input: 'x' })
    const ended: [type: string, id: string][] = []
    for (const end of ends) {
      const { id } = await responses.create({ model: 'm1', input: 'x', background: true })
      it.account.endResponse(id, end)
      // Who asks meanwhile has it settled no second time.
      assert.equal((await responses.retrieve(id)).status, end)
      ended.push([`response.${end}`, id])
    }
    await receiver.received(ends.length)
    const left = async () => [
      ...(await it.app.db.selectFrom('background_response').select('id').execute()),
      ...(await it.app.db.selectFrom('webhook_delivery').select('id').execute()),
    ]
    await until(async () => (await left()).length === 0, 'all to be settled and told')
    assert.equal(receiver.delivered.length, ends.length)
    const told: [type: string, id: string | null][] = []
    for (const { path, headers, body } of receiver.delivered) {
      assert.equal(path, '/a')
      const { type, data } = await webhooks.unwrap(body, headers as Record<string, string>, signing_secret)
      told.push([type, 'id' in data ? data.id : null])
    }
    assert.deepEqual(told.sort(), ended.sort())
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databases } from '../../support/databases.ts'
import { chat, create, jsonl, startStage } from '../batches/stage.ts'
import { startReceiver } from './receiver.ts'

const env = { GATEHOUSE_WEBHOOK_NETWORKS: '127.0.0.0/8' }
const event_types = ['batch.completed', 'batch.failed', 'batch.expired', 'batch.cancelled'] as const

for (const database of databases) {
  test(`${database}: however a batch ends, its project's webhooks are told once, and nobody else's`, async () => {
    await using receiver = await startReceiver()
    await using it = await startStage({ database, env })
    const { client } = it.a
    const hook = (path: string) => ({ name: 'x', url: receiver.url + path, event_types: [...event_types] })
    const { signing_secret } = await client.webhooks.create(hook('/a'))
    await it.b.client.webhooks.create(hook('/b'))
    const ended: [type: string, id: string][] = []
    const failed = await create(client, 'no JSON\n')
    await it.reach(client, failed.id, 'failed')
    ended.push(['batch.failed', failed.id])
    for (const status of ['completed', 'expired', 'cancelled'] as const) {
      const made = await create(client, jsonl([chat(status)]))
      const { id } = await it.sent(made.id)
      it.account.move(id, 'in_progress')
      await it.reach(client, made.id, 'in_progress')
      if (status === 'cancelled') it.account.move(id, 'cancelling')
      it.account.move(id, status)
      await it.reach(client, made.id, status)
      ended.push([`batch.${status}`, made.id])
    }
    await receiver.received(4)
    const events = []
    for (const { path, headers, body } of receiver.delivered) {
      assert.equal(path, '/a')
      events.push(await client.webhooks.unwrap(body, headers as Record<string, string>, signing_secret, 86_400))
    }
    const told = events.map(({ type, data }) => [type, 'id' in data ? data.id : null])
    assert.deepEqual(told.sort(), ended.sort())
  })
}

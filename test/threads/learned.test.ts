import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashSecret } from '../../src/core/key.ts'
import { makeKey } from '../gateway/gate.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { until } from '../support/until.ts'
import { callOf, startAsking, statusOn, strange } from './asking.ts'

test('unknown keys that come together cost the machine one message each way, and the thread that asks is not asked itself', async () => {
  await using gate = await startAsking()
  const { wires, seen } = gate
  await gate.takeAway()
  for (const [asker, [wire]] of wires.entries()) {
    seen.by.length = 0
    seen.of.length = 0
    const keys = Array.from({ length: 8 }, strange)
    await wire.send(keys.map(callOf).join(''))
    for (const _ of keys) assert.equal((await wire.reply()).status, 503)
    const hashes = keys.map(hashSecret)
    assert.deepEqual(
      [seen.by[0], seen.of[0]],
      [
        { thread: asker, hashes },
        { thread: 1 - asker, hashes },
      ],
    )
    assert.ok(seen.of.every(({ thread }) => thread !== asker))
  }
})

test('a key that another thread knows is served by the youngest rules of its project that either has read', async () => {
  await using gate = await startAsking()
  const { app } = gate
  const [[here], [there]] = gate.wires as [(typeof gate.wires)[0], (typeof gate.wires)[0]]
  const [one, mark] = [await makeKey(app), await makeKey(app)]
  const other = await makeKey(app, one.projectId)
  assert.deepEqual([await statusOn(here, one.key), await statusOn(here, mark.key)], [200, 200])
  // Nobody is told of this: what is remembered is believed for as long as it always is.
  await app.db.updateTable('project').set({ archived_at: 1 }).where('id', '=', one.projectId).execute()
  await app.db.deleteFrom('project_api_key').where('id', '=', mark.keyId).execute()
  await until(async () => (await statusOn(here, mark.key)) === 401, 'what was known here is no longer fresh')
  assert.equal(await statusOn(there, other.key), 401)

  await gate.takeAway()
  const archived: number[] = []
  for (const [wire, { key }] of [
    [there, one],
    [here, other],
    [here, one],
  ] as const) {
    archived.push(await statusOn(wire, key))
  }
  assert.deepEqual(archived, [401, 401, 401])
})

test('what a thread is told of a key from before a change is taken up by nobody who asks after it', {
  skip: withoutRedis,
}, async () => {
  await using redis = await startRedis()
  await using gate = await startAsking({ GATEHOUSE_REDIS_URL: redis.url })
  const { app } = gate
  const [[here], [one, other]] = gate.wires as [(typeof gate.wires)[0], (typeof gate.wires)[0]]
  const [asked, mark] = [await makeKey(app), await makeKey(app)]
  const { organization_id } = await app.db.selectFrom('project').select('organization_id').executeTakeFirstOrThrow()
  assert.deepEqual([await statusOn(here, asked.key), await statusOn(one, mark.key)], [200, 200])
  await gate.takeAway()
  const answers = gate.hold(asked.key)
  await one.send(callOf(asked.key))
  await until(() => answers.count() === 1, 'the answer of the other thread')
  const scope = { organizationId: organization_id, projectId: null }
  redis.cli('publish', 'gatehouse:changed', JSON.stringify({ by: 'another', scope }))
  // Heard of, it ends what was known of the whole organization.
  await until(async () => (await statusOn(other, mark.key)) === 503, 'the change is heard of')
  await other.send(callOf(asked.key))
  // Both, and whoever wants to know.
  const running = () => app.metric('gatehouse_requests_in_flight')
  await until(async () => (await running()) === 3, 'both are being answered')
  answers.release()
  assert.deepEqual([(await one.reply()).status, (await other.reply()).status], [503, 503])
})

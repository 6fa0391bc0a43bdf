import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../process/gatehouse.ts'
import { databases } from '../../support/databases.ts'
import { startKillable } from './killable.ts'

/** A dollar for each token. */
const price_per_million = { input: 1_000_000, output: 1_000_000 }
const m1 = { price_per_million, max_output_tokens: 1000, context_tokens: 10_000 }

for (const database of databases) {
  test(`${database}: who is killed with a response in the background, and once more while it is settled, holds its money and charges it once`, async () => {
    await using it = await startKillable(database, { m1 })
    const { account, db, client, projectId } = it
    // Room for one, and not for two.
    const limit = { threshold_amount: 300_000, currency: 'USD', interval: 'month' } as const
    await it.admin.projects.spendLimit.update(projectId, limit)
    const hook = { name: 'h', url: 'https://hooks.invalid/', event_types: ['response.completed'] }
    await client().post('/webhook_endpoints', { body: hook })
    const { id } = await client().responses.create({ model: 'm1', input: 'hello', background: true })

    await it.kill()
    await it.startAgain()
    const live = () => client().responses.create({ model: 'm1', input: 'hello' })
    await assert.rejects(live(), { code: 'project_spend_limit_exceeded' })

    /** Lets the time pass after which another takes over. */
    const pass = () => db.updateTable('lease').set({ until_ms: 0 }).execute()
    const held = account.hold(`GET /v1/responses/${id}`, 'answer')
    account.endResponse(id)
    await pass()
    await until(() => held.reached > 0, 'it to be asked about')
    await it.kill()
    held.release()
    await it.startAgain()
    await until(async () => {
      await pass()
      return (await db.selectFrom('background_response').select('id').execute()).length === 0
    }, 'it to be settled')
    const used = await db
      .selectFrom('usage_rollup')
      .select(({ fn }) => ['kind', fn.sum('num_model_requests').as('calls'), fn.sum('amount_nano').as('nano')])
      .where('grain', '=', 60)
      .groupBy('kind')
      .orderBy('kind')
      .execute()
    assert.deepEqual(
      used.map(({ kind, calls, nano }) => [kind, Number(calls), Number(nano)]),
      [
        ['completions', 1, 0],
        ['costs', 0, 15e9],
      ],
    )
    const told = await db.selectFrom('webhook_delivery').select(['event_type', 'payload']).execute()
    assert.deepEqual(
      told.map(({ event_type, payload }) => [event_type, JSON.parse(payload).data]),
      [['response.completed', { id }]],
    )
    const left = db.selectFrom('batch_held').select('what')
    assert.deepEqual(await left.where('amount', '!=', 0n as never).execute(), [])
    assert.ok(await live())
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenedDb } from '../../../src/db/tables.ts'
import { until } from '../../process/gatehouse.ts'
import { databases } from '../../support/databases.ts'
import { startKillable } from '../owned/killable.ts'
import { CHAT, chat, jsonl, upload } from './stage.ts'

/** More than are settled together, several times. */
const LINES = 6000
/** A hundredth of a cent for a token of an answer: a line can cost a fifth of a cent, and costs a twentieth. */
const m1 = { max_output_tokens: 20_000, price_per_million: { input: 0, output: 100 } }

/** Lets the time pass after which another takes over, and asks. */
async function pass(db: OpenedDb): Promise<void> {
  await db.updateTable('lease').set({ until_ms: 0 }).execute()
  const due = db.updateTable('batch').set({ due_at: 0 }).where('due_at', 'is not', null)
  await due.where('organization_id', '!=', '').execute()
}

for (const database of databases) {
  test(`${database}: who is killed while a batch runs holds its money after a restart, and who is killed while it is settled charges each line once`, async () => {
    await using it = await startKillable(database, { m1 })
    const { account, db, client, projectId } = it
    const again = async () => {
      await it.kill()
      await it.startAgain()
    }
    const limit = { threshold_amount: 1300, currency: 'USD', interval: 'month' } as const
    await it.admin.projects.spendLimit.update(projectId, limit)
    const lines = Array.from({ length: LINES }, (_, i) => chat(`${i}`, { messages: [], max_completion_tokens: 20 }))
    const input_file_id = await upload(client(), jsonl(lines))
    const { id } = await client().batches.create({ input_file_id, endpoint: CHAT, completion_window: '24h' })
    await until(() => account.batches.size === 1, 'the batch to be made')

    await again()
    const live = (max_completion_tokens: number) =>
      client().chat.completions.create({ model: 'm1', messages: [], max_completion_tokens })
    await assert.rejects(live(20_000), { code: 'project_spend_limit_exceeded' })

    account.move(account.batches.values().at(-1)?.id ?? '', 'completed')
    const row = () =>
      db
        .selectFrom('batch')
        .select(['status', 'settled_output', 'reserved_nano'])
        .where('organization_id', '!=', '')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
    await pass(db)
    await until(async () => (await row()).settled_output > 0, 'some of it to be settled')
    await again()
    const { status, settled_output, reserved_nano } = await row()
    assert.notEqual(status, 'completed', 'all of it is settled: there are too few lines')
    assert.ok(settled_output > 0 && reserved_nano > 0)

    await until(async () => {
      await pass(db)
      return (await row()).status === 'completed'
    }, 'the batch to be completed')
    const used = await db
      .selectFrom('usage_rollup')
      .select(({ fn }) => ['kind', fn.sum('num_model_requests').as('calls'), fn.sum('amount_nano').as('nano')])
      .where('organization_id', '!=', '')
      .where('grain', '=', 60)
      .where('batch', '=', 1)
      .groupBy('kind')
      .orderBy('kind')
      .execute()
    assert.deepEqual(
      used.map(({ kind, calls, nano }) => [kind, Number(calls), Number(nano)]),
      [
        ['completions', LINES, 0],
        ['costs', 0, LINES * 500_000],
      ],
    )
    const held = db.selectFrom('batch_held').select('what').where('organization_id', '!=', '')
    assert.deepEqual(await held.where('amount', '!=', 0n as never).execute(), [])
    assert.equal((await row()).reserved_nano, 0)
    assert.ok(await live(9000))
  })
}

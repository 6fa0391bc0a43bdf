import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { idSource } from '../../../src/core/id.ts'
import { deleteOrphanWebhooks, emitWebhook } from '../../../src/db/webhook-deliveries.ts'
import { databases } from '../../support/databases.ts'
import type { TestApp } from '../../support/harness.ts'
import { openHolder } from '../../support/holder.ts'
import { until } from '../../support/until.ts'
import { startEcho } from '../gate.ts'

const hook = { name: 'x', url: 'https://hooks.example.com/x', event_types: ['batch.completed' as const] }

/** What tells a project of something, with a connection of its own. */
async function teller(app: TestApp, projectId: string) {
  const of = app.db.selectFrom('project').select('organization_id').where('id', '=', projectId)
  const { organization_id: organizationId } = await of.executeTakeFirstOrThrow()
  const newId = idSource(Date.now)
  const db = await openHolder(app.databaseUrl)
  return {
    // Not due, so that nobody tries to deliver it.
    tell: () =>
      db
        .transaction()
        .execute((tx) =>
          emitWebhook(
            tx,
            newId,
            { organizationId, projectId },
            { type: 'batch.completed', data: { id: 'batch_1' }, at: Date.now() + 1e9 },
          ),
        ),
    [Symbol.asyncDispose]: () => db.destroy(),
  }
}

const waiting = async ({ db }: TestApp): Promise<number> => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
  return Number(rows[0]?.n ?? 0)
}

for (const isDeletedFirst of [true, false]) {
  const order = isDeletedFirst ? 'before it is told' : 'behind its being told'
  test(`postgres: of an endpoint that is deleted at the same moment as something happens, ${order}, nothing is left`, async () => {
    await using it = await startEcho({ database: 'postgres' })
    const { id } = await it.client.webhooks.create(hook)
    await using telling = await teller(it.app, it.projectId)
    const holder = await openHolder(it.app.databaseUrl)
    try {
      const steps = [() => it.client.webhooks.delete(id), () => telling.tell()]
      const begun: Promise<unknown>[] = []
      await holder.transaction().execute(async (tx) => {
        await tx.selectFrom('webhook_endpoint').select('id').where('id', '=', id).forUpdate().execute()
        for (const step of isDeletedFirst ? steps : steps.toReversed()) {
          begun.push(step())
          await until(async () => (await waiting(it.app)) >= begun.length, 'both wait for the endpoint, in this order')
        }
      })
      await Promise.all(begun)
      assert.deepEqual(await it.app.db.selectFrom('webhook_delivery').select('id').execute(), [])
    } finally {
      await holder.destroy()
    }
  })
}

for (const database of databases) {
  test(`${database}: what waits for an endpoint that is gone goes when it is too old, and nothing that one waits for`, async () => {
    await using it = await startEcho({ database })
    const { id } = await it.client.webhooks.create(hook)
    const { organization_id } = await it.app.db
      .selectFrom('webhook_endpoint')
      .select('organization_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const row = { organization_id, event_id: 'evt_1', event_type: 'x', payload: '{}', attempts: 0, due_at: 1e15 }
    for (const [delivery, endpoint_id, created_at] of [
      ['wh_1', id, 10],
      ['wh_2', 'whe_gone', 10],
      ['wh_3', 'whe_gone', 1000],
    ] as const)
      await it.app.db
        .insertInto('webhook_delivery')
        .values({ ...row, id: delivery, endpoint_id, created_at })
        .execute()
    assert.equal(await deleteOrphanWebhooks(it.app.db, 1000), false)
    const left = await it.app.db.selectFrom('webhook_delivery').select('id').orderBy('id').execute()
    assert.deepEqual(
      left.map((one) => one.id),
      ['wh_1', 'wh_3'],
    )
  })
}

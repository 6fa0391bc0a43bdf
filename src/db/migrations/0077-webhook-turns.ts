import { sql } from 'kysely'
import { adds } from '../schema-change.ts'

/**
 * Which endpoints do not answer in time: these have turns of their own. A server of the version before has them in one line with all others. What
 * waits for an endpoint that is gone is found by its time.
 */
export const webhookTurns = adds(async (db) => {
  await db.schema
    .alterTable('webhook_endpoint')
    .addColumn('hanging', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await sql`create index webhook_endpoint_turn on webhook_endpoint (hanging, due_at) where due_at is not null`.execute(
    db,
  )
  await sql`create index webhook_delivery_waiting on webhook_delivery (created_at) where due_at is not null`.execute(db)
})

import { sql } from 'kysely'
import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/** Responses in the background that are not settled. A server of the version before makes none, and takes no notice of what those hold. */
export const backgroundResponses = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('background_response')
    .addColumn('id', id, (c) => c.primaryKey())
    .addColumn('organization_id', id, (c) => c.notNull())
    .addColumn('project_id', id, (c) => c.notNull())
    .addColumn('key_id', id, (c) => c.notNull())
    .addColumn('user_id', id, (c) => c.notNull())
    .addColumn('response_id', id)
    .addColumn('upstream', 'text')
    .addColumn('made_at', 'bigint', (c) => c.notNull())
    .addColumn('due_at', 'bigint', (c) => c.notNull())
    .addColumn('reserved_nano', 'bigint', (c) => c.notNull())
    .addColumn('terms', 'text', (c) => c.notNull())
    .execute()
  await sql`create index background_response_due on background_response (due_at)`.execute(db)
  await sql`create index background_response_named on background_response (organization_id, response_id)`.execute(db)
})

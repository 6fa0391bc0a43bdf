import { sql } from 'kysely'
import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * Who made a link that sets a password, and the key or the session that they made it with; and who ordered a spend alert. Each is good for
 * as long as they could do it again. Null: the operator, or a server of the version before, whose links end within a day. And an index of a user's keys
 * in a project, which are counted before one more is made.
 */
export const vouchedFor = adds(async (db) => {
  const id = idType(db)
  await db.schema.alterTable('password_link').addColumn('created_by', id).execute()
  await db.schema.alterTable('password_link').addColumn('created_with', id).execute()
  await db.schema.alterTable('spend_alert').addColumn('created_by', id).execute()
  await sql`create index project_api_key_own on project_api_key (organization_id, project_id, user_id, id) where user_id is not null`.execute(
    db,
  )
})

import { sql } from 'kysely'
import { adds } from '../schema-change.ts'

/**
 * When something was made that lists show, in milliseconds, and what lists are narrowed by. Null of what no list shows, as responses: that is in no
 * index for it either. A server of the version before has no such things.
 */
export const ownedLists = adds(async (db) => {
  await db.schema.alterTable('owned').addColumn('made_at', 'bigint').execute()
  await db.schema.alterTable('owned').addColumn('label', 'text').execute()
  await sql`create index owned_listed on owned (organization_id, project_id, kind, made_at, id) where made_at is not null`.execute(
    db,
  )
  await sql`create index owned_labelled on owned (organization_id, project_id, kind, label, made_at, id) where label is not null`.execute(
    db,
  )
})

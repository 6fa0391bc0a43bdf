import { sql } from 'kysely'
import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * How far an organization's own webhooks have told of what is found by looking: of the audit log up to which event, of keys and certificates up to
 * which end, of a limit in which hour.
 */
export const webhooksOfOrganizations = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('webhook_told')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('source', 'text', (c) => c.notNull())
    .addColumn('position', id, (c) => c.notNull())
    .addPrimaryKeyConstraint('webhook_told_key', ['organization_id', 'source'])
    .execute()
  await sql`create index webhook_endpoint_organization on webhook_endpoint (organization_id) where project_id is null`.execute(
    db,
  )
})

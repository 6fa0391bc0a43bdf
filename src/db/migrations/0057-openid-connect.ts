import { sql } from 'kysely'
import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/** Who somebody is to a provider, and which of its sessions a session here was begun by. A provider says no organization. */
export const openidConnect = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('oidc_identity')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('issuer', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('user_id', id, (c) => c.notNull().references('organization_user.id'))
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('oidc_identity_key', ['issuer', 'subject', 'organization_id'])
    .execute()
  await db.schema
    .createIndex('oidc_identity_user')
    .on('oidc_identity')
    .columns(['organization_id', 'user_id', 'issuer'])
    .unique()
    .execute()
  await db.schema.alterTable('session').addColumn('oidc_issuer', 'text').execute()
  await db.schema.alterTable('session').addColumn('oidc_sid', 'text').execute()
  await sql`create index session_of_provider on session (oidc_sid, oidc_issuer) where oidc_sid is not null`.execute(db)
})

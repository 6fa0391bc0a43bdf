import { sql } from 'kysely'
import { idType } from '../collation.ts'
import { adds } from '../schema-change.ts'

/**
 * Passwords, the links that set one, and the sessions of those who signed in. Whoever signs in says an address and no organization, so users
 * are found by it alone.
 */
export const signIn = adds(async (db) => {
  const id = idType(db)
  await db.schema
    .createTable('session')
    .addColumn('id', id, (c) => c.primaryKey())
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.notNull().references('organization_user.id'))
    .addColumn('hash', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('last_used_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .addColumn('ip_address', 'text')
    .addColumn('user_agent', 'text')
    .execute()
  await db.schema.createIndex('session_user').on('session').columns(['organization_id', 'user_id', 'id']).execute()
  await db.schema.createIndex('session_list').on('session').columns(['organization_id', 'id']).execute()
  await db.schema
    .createTable('user_password')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.primaryKey().references('organization_user.id'))
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('password_link')
    .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
    .addColumn('user_id', id, (c) => c.primaryKey().references('organization_user.id'))
    .addColumn('token_hash', 'text', (c) => c.notNull().unique())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute()
  await sql`create index organization_user_address on organization_user (email_key, id) where removed_at is null`.execute(
    db,
  )
})

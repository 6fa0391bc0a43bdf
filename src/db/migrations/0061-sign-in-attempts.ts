import { adds } from '../schema-change.ts'

/** Attempts to sign in, which the servers of one database count together. */
export const signInAttempts = adds(async (db) => {
  await db.schema
    .createTable('sign_in_attempt')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('full_at_ms', 'bigint', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('sign_in_attempt_full').on('sign_in_attempt').column('full_at_ms').execute()
})

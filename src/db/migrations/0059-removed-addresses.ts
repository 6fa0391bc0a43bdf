import { sql } from 'kysely'
import { adds } from '../schema-change.ts'

/** The addresses of users who were removed: who comes from a provider as a stranger is looked for among them. */
export const removedAddresses = adds(async (db) => {
  await sql`create index organization_user_removed on organization_user (organization_id, email_key) where removed_at is not null`.execute(
    db,
  )
})

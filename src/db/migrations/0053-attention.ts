import { sql } from 'kysely'
import { adds } from '../schema-change.ts'

/** What is looked for without anybody naming it: which projects have a limit of money, and which keys are about to expire. */
export const attention = adds(async (db) => {
  await sql`create index project_policy_limited on project_policy (organization_id, project_id) where spend_limit_cents is not null`.execute(
    db,
  )
  for (const table of ['admin_api_key', 'project_api_key']) {
    await sql`create index ${sql.ref(`${table}_ends`)} on ${sql.table(table)} (organization_id, expires_at) where expires_at is not null and disabled_at is null`.execute(
      db,
    )
  }
})

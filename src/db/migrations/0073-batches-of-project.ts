import { sql } from 'kysely'
import { adds } from '../schema-change.ts'

/** How many batches of a project have not ended, and which have ended long ago. */
export const batchesOfProject = adds(async (db) => {
  await sql`create index batch_working on batch (organization_id, project_id) where due_at is not null`.execute(db)
  await sql`create index batch_over on batch (made_at) where due_at is null`.execute(db)
})

import { sql } from 'kysely'
import { adds } from '../schema-change.ts'

/**
 * What one project used is read without the rest of the organization's. Hours and days alone: of minutes there are many times as
 * many, most of what is written, and of those a summary reads a day at most. What is asked for by `grain + 0` the table's own key cannot
 * find: SQLite, which counts nothing, would else take that.
 */
export const usageOfProject = adds(async (db) => {
  await sql`create index if not exists usage_rollup_project on usage_rollup (organization_id, project_id, kind, (grain + 0), time, api_key_id) where grain <> 60`.execute(
    db,
  )
})

import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType } from '../collation.ts'

export const policies: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)

    // One row for all of a project's settings: whoever enforces them reads them at once, and a change sets only its columns.
    await db.schema
      .createTable('project_policy')
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('project_id', id, (c) => c.primaryKey().references('project.id'))
      .addColumn('model_mode', 'text', (c) => c.check(sql`model_mode in ('allow_list', 'deny_list')`))
      .addColumn('model_ids', 'text')
      .addColumn('code_interpreter_disabled_at', 'bigint')
      .addColumn('file_search_disabled_at', 'bigint')
      .addColumn('image_generation_disabled_at', 'bigint')
      .addColumn('mcp_disabled_at', 'bigint')
      .addColumn('web_search_disabled_at', 'bigint')
      .addColumn('data_retention', 'text')
      .addColumn('default_service_tier', 'text')
      .addColumn('enabled_service_tiers', 'text')
      .addColumn('spend_limit_cents', 'bigint', (c) => c.check(sql`spend_limit_cents >= 1`))
      .addCheckConstraint('project_policy_models', sql`(model_mode is null) = (model_ids is null)`)
      .execute()

    await db.schema
      .createTable('organization_policy')
      .addColumn('organization_id', id, (c) => c.primaryKey().references('organization.id'))
      .addColumn('data_retention', 'text')
      .addColumn('spend_limit_cents', 'bigint', (c) => c.check(sql`spend_limit_cents >= 1`))
      .execute()

    await db.schema
      .createTable('spend_alert')
      .addColumn('id', id, (c) => c.primaryKey())
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('project_id', id, (c) => c.references('project.id'))
      .addColumn('threshold_cents', 'bigint', (c) => c.notNull().check(sql`threshold_cents >= 0`))
      .addColumn('recipients', 'text', (c) => c.notNull())
      .addColumn('subject_prefix', 'text')
      .execute()
    // Two indexes, because an order is not read off an index behind a column that is null.
    await sql`create index spend_alert_project on spend_alert (project_id, id) where project_id is not null`.execute(db)
    await sql`create index spend_alert_organization on spend_alert (organization_id, id) where project_id is null`.execute(
      db,
    )
  },
}

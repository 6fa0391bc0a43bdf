import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { type Month, monthOf } from '../../core/month.ts'
import { idType } from '../collation.ts'

export const spend: Migration = {
  async up(db: Kysely<unknown>) {
    const id = idType(db)

    // As with the rollups, there is no reference to what is counted: checking it at every write would cost more than it tells.
    await db.schema
      .createTable('spend_total')
      .addColumn('organization_id', id, (c) => c.notNull())
      .addColumn('project_id', id, (c) => c.notNull())
      .addColumn('month', id, (c) => c.notNull())
      .addColumn('amount_nano', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('spend_total_key', ['organization_id', 'project_id', 'month'])
      .execute()

    await db.schema
      .createTable('spend_alert_sent')
      .addColumn('organization_id', id, (c) => c.notNull().references('organization.id'))
      .addColumn('alert_id', id, (c) => c.notNull().references('spend_alert.id').onDelete('cascade'))
      .addColumn('month', id, (c) => c.notNull())
      .addColumn('threshold_cents', 'bigint', (c) => c.notNull())
      .addColumn('sent_at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('spend_alert_sent_key', ['alert_id', 'month', 'threshold_cents'])
      .execute()

    const organizations = await sql<{ id: string }>`select id from organization`.execute(db)
    for (const organization of organizations.rows) await backfill(db, organization.id)
  },
}

/** Totals of what the rollups of days hold already. The sums stay in the database: they can exceed what a number is exact for. */
async function backfill(db: Kysely<unknown>, organizationId: string): Promise<void> {
  const costs = sql`organization_id = ${organizationId} and kind = 'costs' and grain = 86400`
  const found = await sql<{
    first: number | null
    last: number | null
  }>`select min(time) as first, max(time) as last from usage_rollup where ${costs}`.execute(db)
  const { first = null, last = null } = found.rows[0] ?? {}
  if (first === null || last === null) return
  for (let month = monthOf(first * 1000); month.from <= last * 1000; month = monthOf(month.to)) {
    const inMonth = sql`${costs} and ${within(month)}`
    const name = sql`cast(${month.name} as text)`
    await sql`insert into spend_total (organization_id, project_id, month, amount_nano)
      select organization_id, project_id, ${name}, cast(sum(amount_nano) as bigint) from usage_rollup
      where ${inMonth} and project_id <> '' group by organization_id, project_id`.execute(db)
    await sql`insert into spend_total (organization_id, project_id, month, amount_nano)
      select organization_id, '', ${name}, cast(sum(amount_nano) as bigint) from usage_rollup
      where ${inMonth} group by organization_id`.execute(db)
  }
}

const within = ({ from, to }: Month) => sql`time >= ${from / 1000} and time < ${to / 1000}`

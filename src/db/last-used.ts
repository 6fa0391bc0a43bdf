import { sql } from 'kysely'
import { batches } from './batches.ts'
import { isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/** Something that was used. @property at Unix seconds */
export type Used = { organizationId: string; id: string; at: number }

/** Where the moment stands. */
const columns = {
  admin_api_key: 'last_used_at',
  project_api_key: 'last_used_at',
  session: 'last_used_at',
  organization_user: 'api_key_last_used_at',
} as const
export type UsedTable = keyof typeof columns

/**
 * Notes when keys, sessions, or users by their keys, were last used: one statement for all of an organization that come together. On PostgreSQL rows
 * are locked in one order first, so that two nodes noting the same ones cannot deadlock.
 */
export async function recordLastUsed(tx: Db, table: UsedTable, uses: readonly Used[]): Promise<void> {
  for (const [organizationId, all] of Map.groupBy(inOrder(uses), ({ organizationId }) => organizationId)) {
    for (const some of batches(all)) {
      const ids = some.map(({ id }) => id)
      if (isPostgres(tx)) {
        const rows = tx.selectFrom(table).select('id').where('organization_id', '=', organizationId)
        await rows.where('id', 'in', ids).orderBy('id').forUpdate().execute()
      }
      const moments = sql.join(
        some.map(({ id, at }) => sql`when ${id} then cast(${at} as bigint)`),
        sql` `,
      )
      await tx
        .updateTable(table)
        .set({ [columns[table]]: sql`case id ${moments} end` })
        .where('organization_id', '=', organizationId)
        .where('id', 'in', ids)
        .execute()
    }
  }
}

/** By the organizations, and then by the ids. */
function inOrder(uses: readonly Used[]): Used[] {
  const nameOf = ({ organizationId, id }: Used) => `${organizationId} ${id}`
  return uses.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

import { batches } from './batches.ts'
import { isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/** Something that was used. @property at Unix seconds */
export type Used = { organizationId: string; id: string; at: number }

/** Where the moment stands. */
const columns = {
  admin_api_key: 'last_used_at',
  project_api_key: 'last_used_at',
  organization_user: 'api_key_last_used_at',
} as const
export type UsedTable = keyof typeof columns

/**
 * Notes when keys, or users by their keys, were last used: one statement for all of an organization that were used in the same second. Rows
 * are locked in one order first, so that two nodes noting the same ones cannot deadlock.
 */
export async function recordLastUsed(tx: Db, table: UsedTable, uses: readonly Used[]): Promise<void> {
  if (isPostgres(tx)) {
    for (const [organizationId, some] of grouped(uses, ({ organizationId }) => organizationId)) {
      const ids = some.map(({ id }) => id).sort()
      for (const few of batches(ids)) {
        const rows = tx.selectFrom(table).select('id').where('organization_id', '=', organizationId)
        await rows.where('id', 'in', few).orderBy('id').forUpdate().execute()
      }
    }
  }
  for (const some of grouped(uses, ({ organizationId, at }) => `${organizationId} ${at}`).values()) {
    for (const few of batches(some)) {
      const [{ organizationId, at } = { organizationId: '', at: 0 }] = few
      const rows = tx
        .updateTable(table)
        .set({ [columns[table]]: at })
        .where('organization_id', '=', organizationId)
      await rows
        .where(
          'id',
          'in',
          few.map(({ id }) => id),
        )
        .execute()
    }
  }
}

/** In the order of the names. */
function grouped(uses: readonly Used[], nameOf: (use: Used) => string): Map<string, Used[]> {
  const groups = Map.groupBy(uses, nameOf)
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

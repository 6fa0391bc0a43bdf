import { sql } from 'kysely'
import type { LimitRefusals } from '../core/limit-refusal.ts'
import { batches } from './batches.ts'
import type { Db } from './tables.ts'
import { inTransaction } from './transaction.ts'

/** Rows in one deletion, at most. */
const BATCH = 1000

const key = ['organization_id', 'time', 'project_id', 'model', 'scope', 'dimension'] as const

/** Adds refusals to what is known of them, all or none. In one order on every node, so that two cannot wait for each other. */
export async function addLimitRefusals(db: Db, refusals: readonly LimitRefusals[]): Promise<void> {
  const rows = refusals
    .map(({ organizationId, projectId, ...rest }) => ({
      organization_id: organizationId,
      project_id: projectId,
      ...rest,
    }))
    .map((row) => ({ row, name: key.map((column) => row[column]).join(' ') }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ row }) => row)
  await inTransaction(db, async (tx) => {
    for (const some of batches(rows)) {
      await tx
        .insertInto('limit_refusal')
        .values(some)
        .onConflict((conflict) =>
          conflict.columns([...key]).doUpdateSet({ refused: sql<number>`limit_refusal.refused + excluded.refused` }),
        )
        .execute()
    }
  })
}

/** The newest of an organization's, so many at most. @param since Unix seconds: what began later */
export const findLimitRefusals = (db: Db, organizationId: string, since: number, most: number) =>
  db
    .selectFrom('limit_refusal')
    .select(['time', 'project_id', 'model', 'scope', 'dimension', 'refused'])
    .where('organization_id', '=', organizationId)
    .where('time', '>', since)
    .orderBy('time', 'desc')
    .orderBy('project_id', 'desc')
    .orderBy('model', 'desc')
    .limit(most)
    .execute()

/** Deletes the oldest of all organizations. @param before Unix seconds @returns whether there may be more */
export async function deleteLimitRefusals(db: Db, before: number): Promise<boolean> {
  const oldest = db.selectFrom('limit_refusal').select('time').where('time', '<', before).orderBy('time')
  const last = await oldest.offset(BATCH).limit(1).executeTakeFirst()
  await db
    .deleteFrom('limit_refusal')
    .where('time', '<=', last?.time ?? before - 1)
    .execute()
  return last !== undefined
}

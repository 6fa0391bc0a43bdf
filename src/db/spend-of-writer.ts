import { sql } from 'kysely'
import { heldMoney } from './batch-held.ts'
import { batches } from './batches.ts'
import { amount, nanoOf, type Spent } from './spend.ts'
import type { Db } from './tables.ts'

/** Rows read at once, and forgotten. */
const BATCH = 1000
const key = ['organization_id', 'project_id', 'month', 'writer'] as const

/** Adds to what one writer has brought to the totals. @param totals as `spendOf` gives them */
export async function addSpendOfWriter(tx: Db, writer: string, totals: readonly Spent[]): Promise<void> {
  for (const rows of batches(totals)) {
    await tx
      .insertInto('spend_of_writer')
      .values(rows.map((row) => ({ ...row, writer })))
      .onConflict((conflict) =>
        conflict
          .columns([...key])
          .doUpdateSet({ amount_nano: sql<bigint>`spend_of_writer.amount_nano + excluded.amount_nano` }),
      )
      .execute()
  }
}

/**
 * Nano-dollars of a project (empty: of the organization): spent in a month, by one writer, or by all of them where that is null; or held by its
 * batches, whose rows name no writer either.
 */
export type SpentBy = { projectId: string; writer: string | null; nano: bigint; isHeld: boolean }

/**
 * What projects, or the organization altogether, have spent in a month, what of that each writer has brought, and what their batches hold: all
 * as of one moment.
 */
export async function findSpentBy(
  db: Db,
  organizationId: string,
  projectIds: readonly string[],
  month: string,
): Promise<SpentBy[]> {
  const rows = await db
    .selectFrom('spend_total')
    .select(['project_id', ...amount, sql<string | null>`null`.as('writer'), sql<number>`0`.as('is_held')])
    .where('organization_id', '=', organizationId)
    .where('project_id', 'in', [...projectIds])
    .where('month', '=', month)
    .unionAll(
      db
        .selectFrom('spend_of_writer')
        .select(['project_id', ...amount, 'writer', sql<number>`0`.as('is_held')])
        .where('organization_id', '=', organizationId)
        .where('project_id', 'in', [...projectIds])
        .where('month', '=', month),
    )
    .unionAll(
      heldMoney(db, organizationId, projectIds).select([
        sql<string | null>`null`.as('writer'),
        sql<number>`1`.as('is_held'),
      ]),
    )
    .execute()
  return rows.map(({ project_id, writer, is_held, ...row }) => {
    return { projectId: project_id, writer, nano: nanoOf(row), isHeld: is_held === 1 }
  })
}

/** What one writer has brought: a thousand rows at most, in the order in which they are forgotten. */
export async function spendOfWriter(db: Db, writer: string): Promise<Spent[]> {
  const rows = await db
    .selectFrom('spend_of_writer')
    .select(['organization_id', 'project_id', 'month', ...amount])
    .where('writer', '=', writer)
    .orderBy('organization_id')
    .orderBy('project_id')
    .orderBy('month')
    .limit(BATCH)
    .execute()
  return rows.map(({ organization_id, project_id, month, ...row }) => ({
    ...{ organization_id, project_id, month },
    amount_nano: nanoOf(row),
  }))
}

/** Forgets that one writer has brought this and what is before it, of one organization: it stays in the totals. */
export async function forgetSpendOfWriter(db: Db, writer: string, last: Omit<Spent, 'amount_nano'>): Promise<void> {
  await db
    .deleteFrom('spend_of_writer')
    .where('writer', '=', writer)
    .where('organization_id', '=', last.organization_id)
    .where(({ eb, refTuple, tuple }) => eb(refTuple('project_id', 'month'), '<=', tuple(last.project_id, last.month)))
    .execute()
}

/** Forgets some of what a writer has brought. @returns whether there may be more */
export async function forgetSomeSpendOf(db: Db, writer: string): Promise<boolean> {
  const rows = await spendOfWriter(db, writer)
  const lasts = new Map(rows.map((row) => [row.organization_id, row]))
  for (const last of lasts.values()) await forgetSpendOfWriter(db, writer, last)
  return rows.length === BATCH
}

import { sql } from 'kysely'
import { monthOf } from '../core/month.ts'
import type { UsageEntry } from '../core/usage-entry.ts'
import { batches } from './batches.ts'
import type { Db } from './tables.ts'

/** What stands for a project in the total of the whole organization. */
export const WHOLE_ORGANIZATION = ''

/** What was spent in a month by a project, or by an organization altogether. */
export type Spent = { organization_id: string; project_id: string; month: string; amount_nano: bigint }

/** A total as two numbers, since it can exceed 2^53. */
export const amount = [
  sql<number>`amount_nano / 1000000000`.as('dollars'),
  sql<number>`amount_nano % 1000000000`.as('nanos'),
] as const

/** The same as one, in nano-dollars. Who spent nothing may have no row. */
export const nanoOf = ({ dollars, nanos }: { dollars: number | null; nanos: number | null }): bigint =>
  BigInt(dollars ?? 0) * 1_000_000_000n + BigInt(nanos ?? 0)

/**
 * What entries add to the totals: each cost to its project's and to its organization's. In the order of the key, so that two
 * nodes adding to the same totals cannot deadlock.
 */
export function spendOf(entries: readonly UsageEntry[]): Spent[] {
  const totals = new Map<string, Spent>()
  const add = (organization_id: string, project_id: string, month: string, amount: bigint) => {
    const id = [organization_id, project_id, month].join('\n')
    const known = totals.get(id)
    if (known) known.amount_nano += amount
    else totals.set(id, { organization_id, project_id, month, amount_nano: amount })
  }
  for (const { kind, organization_id, project_id = WHOLE_ORGANIZATION, at, amount_nano = 0 } of entries) {
    if (kind !== 'costs' || amount_nano === 0) continue
    const month = monthOf(at * 1000).name
    const amount = BigInt(amount_nano)
    add(organization_id, WHOLE_ORGANIZATION, month, amount)
    if (project_id !== WHOLE_ORGANIZATION) add(organization_id, project_id, month, amount)
  }
  return [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total)
}

/** Adds to the totals. @param totals as `spendOf` gives them */
export async function addSpend(tx: Db, totals: readonly Spent[]): Promise<void> {
  for (const rows of batches(totals)) {
    await tx
      .insertInto('spend_total')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'project_id', 'month'])
          .doUpdateSet({ amount_nano: sql<bigint>`spend_total.amount_nano + excluded.amount_nano` }),
      )
      .execute()
  }
}

/**
 * What was spent in a month, in nano-dollars: by each of these projects, or by the organization altogether. Who spent
 * nothing is missing.
 * @param month `2026-11`
 */
export async function findSpent(
  db: Db,
  organizationId: string,
  projectIds: readonly string[],
  month: string,
): Promise<Map<string, bigint>> {
  const rows = await spentOf(db, organizationId, projectIds, month).execute()
  return new Map(rows.map((row) => [row.project_id, nanoOf(row)]))
}

/** The statement that reads it. */
export function spentOf(db: Db, organizationId: string, projectIds: readonly string[], month: string) {
  return db
    .selectFrom('spend_total')
    .select(['project_id', ...amount])
    .where('organization_id', '=', organizationId)
    .where('project_id', 'in', [...projectIds])
    .where('month', '=', month)
}

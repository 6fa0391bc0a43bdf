import { sql } from 'kysely'
import { isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/**
 * Makes the changes of an organization take turns until the transaction ends. Whoever reads before they write then reads
 * what holds: two deletions, two invites to one address, an update of what is being deleted cannot cross. SQLite's changes
 * take turns anyway; organizations do not wait for one another.
 */
export async function lockOrganization(tx: Db, organizationId: string): Promise<void> {
  if (!isPostgres(tx)) return
  await sql`select pg_advisory_xact_lock(hashtextextended(${organizationId}, 0))`.execute(tx)
}

import { sql } from 'kysely'
import { isDistributed, isPostgres } from './dialect.ts'
import { askIfStandby } from './standby.ts'
import type { Db } from './tables.ts'

/**
 * A question that shows whether a database can be used.
 * @param probe with one connection, that nobody else uses
 * @throws what the database says, or that it is a standby
 */
export async function askWhetherUsable(probe: Db): Promise<void> {
  if (!isPostgres(probe) || isDistributed(probe)) await sql`select 1`.execute(probe)
  else await askIfStandby((text) => sql<{ standby: boolean }>`${sql.raw(text)}`.execute(probe))
}

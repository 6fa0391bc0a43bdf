import { sql } from 'kysely'
import { isDistributed, isPostgres } from './dialect.ts'
import type { Db } from './tables.ts'

/**
 * A question that shows whether a database can be used. A PostgreSQL that only follows another answers all that is read, and perhaps what was
 * true a while ago: after a fail-over, a server that went on asking it would serve keys that were revoked since. Its connection is ended, since
 * behind the same name there may be another server by then.
 * @param probe with one connection, that nobody else uses
 * @throws what the database says, or that it is a standby
 */
export async function askWhetherUsable(probe: Db): Promise<void> {
  if (!isPostgres(probe) || isDistributed(probe)) {
    await sql`select 1`.execute(probe)
    return
  }
  const { rows } = await sql<{ standby: boolean }>`select pg_is_in_recovery() as standby`.execute(probe)
  if (rows[0]?.standby !== true) return
  // The answer to this is the end of the connection.
  await sql`select pg_terminate_backend(pg_backend_pid())`.execute(probe).catch(() => {})
  throw new Error('PostgreSQL is a standby here: it follows another, which is to be asked')
}

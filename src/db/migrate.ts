import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { isDistributed, isPostgres } from './dialect.ts'
import { isLockTimeout } from './errors.ts'
import { migrations } from './migrations/index.ts'
import type { OpenedDb, Tx } from './tables.ts'

/** The database knows migrations that this program does not. */
export class LaterSchema extends Error {
  constructor() {
    super('this database was used by a later version of Gatehouse. Run that version, or restore a backup from before')
  }
}

/** What Kysely's own lock was called, so that processes of earlier versions wait for this one's, too. */
const LOCK = 3_853_314_791_062_309_107n
/** How long a change of a table waits for whoever uses it: meanwhile everybody else waits behind it. */
const TABLE_MS = 2000
/** How often that is tried, and about how long others have their turn in between. */
const ATTEMPTS = 20
const PAUSE_MS = 1000

/**
 * Brings the database to this version's schema, in one transaction. Of several processes that want to, one does and the others
 * wait for it. A table of PostgreSQL's that is in use is waited for in turns, between which those who use it have theirs.
 * @param db a connection without limits of time; where a pooler stands in front, one that goes around it
 * @throws LaterSchema
 * @returns the names of the migrations it applied, in order
 */
export async function migrate(db: OpenedDb): Promise<string[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(migrateIn)
    } catch (error) {
      if (attempt === ATTEMPTS || !isLockTimeout(error)) throw error
      await sleep(PAUSE_MS * (0.5 + Math.random()))
    }
  }
}

async function migrateIn(tx: Tx): Promise<string[]> {
  if (isPostgres(tx)) {
    if (!isDistributed(tx)) await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx)
    await sql`set local lock_timeout = ${sql.lit(TABLE_MS)}`.execute(tx)
  }
  const migrator = new Migrator({ db: tx, provider: { getMigrations: async () => migrations } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error instanceof Error && /previously executed migration .* is missing/.test(error.message))
    throw new LaterSchema()
  if (error) throw error
  return results.map((result) => result.migrationName)
}

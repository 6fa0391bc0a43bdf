import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { isDistributed, isPostgres } from './dialect.ts'
import { isDeadlock, isLockTimeout } from './errors.ts'
import { migrations } from './migrations/index.ts'
import { keepOldest } from './oldest.ts'
import type { SchemaChange } from './schema-change.ts'
import { schemaStanding } from './schema-standing.ts'
import type { Db, OpenedDb, Tx } from './tables.ts'

/** The database knows migrations that this program does not, and says that it must. */
export class LaterSchema extends Error {
  constructor() {
    super(
      'this database was changed by a later version of Gatehouse, and this one cannot work on it any more. Run that version, or restore a backup from before',
    )
  }
}

type Known = Readonly<Record<string, SchemaChange>>

/** What Kysely's own lock was called, so that processes of earlier versions wait for this one's, too. */
const LOCK = 3_853_314_791_062_309_107n
/** How long a change of a table waits for whoever uses it: meanwhile everybody else waits behind it. */
const TABLE_MS = 2000
/** How often that is tried, and about how long others have their turn in between. */
const ATTEMPTS = 20
const PAUSE_MS = 1000

/**
 * Brings the database to this version's schema, in one transaction; one that a later version has changed stays as it is, where it
 * says that this one can work on it. Of several processes that want to, one does and the others wait for it. A table of
 * PostgreSQL's that is in use is waited for in turns, between which those who use it have theirs.
 * @param db a connection without limits of time; where a pooler stands in front, one that goes around it
 * @param known the migrations that the program knows
 * @throws LaterSchema
 * @returns the names of the migrations it applied, in order
 */
export async function migrate(db: OpenedDb, known: Known = migrations): Promise<string[]> {
  if (await isUpToDate(db, known)) return []
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute((tx) => migrateIn(tx, known))
    } catch (error) {
      // Whoever works on two tables can meet it crosswise.
      if (attempt === ATTEMPTS || !(isLockTimeout(error) || isDeadlock(error))) throw error
      await sleep(PAUSE_MS * (0.5 + Math.random()))
    }
  }
}

async function migrateIn(tx: Tx, known: Known): Promise<string[]> {
  if (isPostgres(tx)) {
    if (!isDistributed(tx)) await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx)
    await sql`set local lock_timeout = ${sql.lit(TABLE_MS)}`.execute(tx)
    // As the migrator does it, which would hide why it may not: it asks more of a transaction that has failed.
    await sql`create table if not exists kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(
      tx,
    )
  }
  // Somebody may have done it since.
  if (await isUpToDate(tx, known)) return []
  const migrator = new Migrator({ db: tx, provider: { getMigrations: async () => known } })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error) throw error
  await keepOldest(tx, known)
  return results.map((result) => result.migrationName)
}

/** Whether there is nothing to do. @throws LaterSchema */
async function isUpToDate(db: Db, known: Known): Promise<boolean> {
  const standing = await schemaStanding(db, known)
  if (standing === 'too_new') throw new LaterSchema()
  return standing !== 'older'
}

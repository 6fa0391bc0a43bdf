import { PostgresDialect, type PostgresPool } from 'kysely'
import type pg from 'pg'
import { DATABASE_PRESETS, type DatabaseSettings } from '../core/database-settings.ts'
import type { Availability } from '../core/dependency.ts'
import { PostgresAdapter } from './dialect.ts'
import { reaching } from './postgres-connection.ts'
import { poolOf } from './postgres-pool.ts'
import { askIfStandby } from './standby.ts'

/** A driver's wait beyond the database's own: where that does not end a statement, the connection is given up. */
const GRACE_MS = 2000
/**
 * After this a transaction that its process does nothing with is ended. A network can forget a connection in silence, and what it holds is waited
 * for by others: they wait less than for a lock, so that none of them fails for it.
 */
const IDLE_IN_TRANSACTION_MS = 3000
/** How long one who migrates waits for another who does. */
const MIGRATION_MS = 3_600_000

export type PostgresOptions = {
  database?: DatabaseSettings
  /** Milliseconds that a connection, and a statement, may take at most, instead of what the settings say. */
  patienceMs?: number
  /** Where the database is known to be away, nobody waits for a connection to find that out; who gets none has it looked into. */
  availability?: Availability
  /** Connections, instead of the settings' number. */
  connections?: number
  /** Whether a pooler stands between: then a connection has no settings of its own, and each transaction brings them. */
  pooled?: boolean
  /** For migrations, which take as long as they take. */
  migrating?: boolean
}

/** `pg` is loaded only where it is used. Every wait has an end: an outage is an answer, not a hang. */
export async function postgres(
  url: string,
  options: PostgresOptions,
): Promise<{ dialect: PostgresDialect; pool: pg.Pool }> {
  const { patienceMs, availability, pooled = false, migrating = false } = options
  const database = withPatience(options.database ?? DATABASE_PRESETS, patienceMs)
  const { default: driver } = await import('pg')
  // int8 holds times and amounts far below 2^53.
  driver.types.setTypeParser(driver.types.builtins.INT8, Number)
  class Client extends driver.Client {
    constructor(given?: pg.ClientConfig) {
      super({ ...given, ...reaching(url) })
    }
  }
  const waits = migrating ? MIGRATION_WAITS : waitsOf(database)
  const pool = new driver.Pool({
    Client,
    max: options.connections ?? database.connections,
    connectionTimeoutMillis: database.connectMs,
    application_name: 'gatehouse',
    ...(!migrating && { query_timeout: patienceMs ?? database.statementMs + GRACE_MS }),
    ...(!pooled && !migrating && waits),
    // Behind one name there may be several servers: none that only follows is read from.
    ...(!database.distributed && !migrating && { verify: notStandby }),
  })
  // A connection that breaks fails what is running on it and is replaced by the pool; without listeners, for idle ones and
  // for those in use, it would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const begin = beginOf(database, pooled || migrating ? waits : {})
  return { dialect: new Dialect(poolOf(pool, begin, availability), database.distributed), pool }
}

/** Looks at a new connection before it is used. */
function notStandby(client: pg.PoolClient, done: (error?: Error) => void): void {
  askIfStandby((text) => client.query(text)).then(() => done(), done)
}

const withPatience = (database: DatabaseSettings, ms: number | undefined): DatabaseSettings =>
  ms === undefined ? database : { ...database, connectMs: ms, statementMs: ms }

/** Settings of PostgreSQL, in milliseconds. */
type Waits = Readonly<Record<string, number>>

const MIGRATION_WAITS: Waits = {
  statement_timeout: 0,
  idle_in_transaction_session_timeout: 0,
  lock_timeout: MIGRATION_MS,
}

const waitsOf = ({ statementMs, lockMs }: DatabaseSettings): Waits => ({
  statement_timeout: statementMs,
  lock_timeout: lockMs,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
})

/** Whatever isolation a database has by default: changes take turns by locks, and must see what those before them committed. */
function beginOf({ distributed }: DatabaseSettings, waits: Waits): string {
  const begin = distributed ? 'begin' : 'begin isolation level read committed'
  return [begin, ...Object.entries(waits).map(([name, ms]) => `set local ${name} = ${ms}`)].join('; ')
}

class Dialect extends PostgresDialect {
  readonly #distributed: boolean

  constructor(pool: PostgresPool, distributed: boolean) {
    super({ pool })
    this.#distributed = distributed
  }

  override createAdapter(): PostgresAdapter {
    return new PostgresAdapter(this.#distributed)
  }
}

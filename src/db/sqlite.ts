import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely'
import { isBusy } from './errors.ts'

/** How long one statement may hold the whole process while another process writes. The driver is synchronous. */
const BLOCK_MS = 50
/** How long a transaction waits for another process, in small steps that let other work run. */
const WAIT_MS = 5000
/** Statements kept prepared. The server runs far fewer different ones. */
const PREPARED = 256

/**
 * Kysely's SQLite dialect over node:sqlite: no native addon, `begin immediate`, transactional migrations, prepared
 * statements kept. With WAL and `synchronous = full` a commit is on disk before it is acknowledged.
 */
export function nodeSqlite(path: string): SqliteDialect {
  const db = new DatabaseSync(path)
  db.exec(`pragma busy_timeout = ${WAIT_MS}`)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
  db.exec(`pragma busy_timeout = ${BLOCK_MS}`)
  return new NodeSqliteDialect({ database: { prepare: preparer(db), close: () => db.close() } })
}

function preparer(db: DatabaseSync): (sql: string) => SqliteStatement {
  const prepared = new Map<string, SqliteStatement>()
  return (sql) => {
    const known = prepared.get(sql)
    if (known) return known
    const fresh = prepare(db, sql)
    if (prepared.size >= PREPARED) prepared.clear()
    prepared.set(sql, fresh)
    return fresh
  }
}

function prepare(db: DatabaseSync, sql: string): SqliteStatement {
  const statement = db.prepare(sql)
  // Kysely hands over what our queries bound: strings, numbers and null, all of which SQLite takes.
  const values = (parameters: readonly unknown[]) => parameters as readonly SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)) as IterableIterator<unknown>,
  }
}

class NodeSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig
  constructor(config: SqliteDialectConfig) {
    super(config)
    this.#config = config
  }
  override createDriver() {
    return new ImmediateDriver(this.#config)
  }
  override createAdapter() {
    return new TransactionalAdapter()
  }
}

/**
 * `begin immediate` takes the write lock at once: a deferred transaction that reads first can fail in its middle. While
 * another process (the command line) writes, it waits without stopping the event loop.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection) {
    const deadline = performance.now() + WAIT_MS
    for (;;) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'))
        return
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw error
        await sleep(10)
      }
    }
  }
}

/** SQLite can roll a failed migration back, though Kysely's adapter says it cannot. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
}

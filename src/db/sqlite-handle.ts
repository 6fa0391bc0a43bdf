import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

/** Statements kept prepared. The server runs far fewer different ones. */
const PREPARED = 256

/** A statement with its values. */
export type Statement = { sql: string; parameters: readonly unknown[] }
/** What it found or changed, in the words of Kysely. */
export type Result<R> = { rows: R[]; numAffectedRows?: bigint; insertId?: bigint }

/**
 * A connection to a SQLite file, with its prepared statements. With WAL and `synchronous = full` a commit is on disk before
 * it is acknowledged. It knows nothing of Kysely: the worker thread loads this file and little else.
 */
export class SqliteHandle {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  /** @param blockMs how long one statement may hold its thread while another connection has the lock it needs */
  constructor(path: string, blockMs: number) {
    this.#db = new DatabaseSync(path)
    try {
      this.#db.exec(`pragma busy_timeout = ${blockMs}`)
      this.#db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  /** Whether a statement only reads: such a one needs no turn. */
  isRead(sql: string): boolean {
    return /^\s*(select|with|pragma)\b/i.test(sql) && !/\b(insert|update|delete)\b/i.test(sql)
  }

  run<R>({ sql, parameters }: Statement): Result<R> {
    const prepared = this.#prepare(sql)
    // Our queries bind strings, numbers and null, all of which SQLite takes.
    const values = parameters as readonly SQLInputValue[]
    if (prepared.names.length > 0) return { rows: rowsOf(prepared, values) as R[] }
    const { changes, lastInsertRowid } = prepared.statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    statement.setReturnArrays(true)
    const fresh = { statement, names: namesOf(statement) }
    if (this.#prepared.size >= PREPARED) this.#prepared.clear()
    this.#prepared.set(sql, fresh)
    return fresh
  }

  close() {
    this.#db.close()
  }
}

type Prepared = { statement: StatementSync; names: string[] }
const namesOf = (statement: StatementSync) => statement.columns().map(({ name }) => name)

/**
 * A statement's rows. They come as lists and become objects here, which takes half the time of the objects that node:sqlite
 * makes (300,000 rows).
 */
function rowsOf(prepared: Prepared, values: readonly SQLInputValue[]): Record<string, unknown>[] {
  // With lists asked for, node:sqlite's types still speak of objects.
  const lists = prepared.statement.all(...values) as unknown as unknown[][]
  // Another process may have added a column meanwhile: SQLite has prepared the statement anew then.
  if (lists[0] && lists[0].length !== prepared.names.length) prepared.names = namesOf(prepared.statement)
  const { names } = prepared
  return lists.map((list) => {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < names.length; i++) row[names[i] as string] = list[i]
    return row
  })
}

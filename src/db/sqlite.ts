import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { isBusy } from './errors.ts'

/** How long one statement may hold the whole process while another process writes: the driver is synchronous, we wait. */
const BLOCK_MS = 1
/** How long a change waits for another process that writes, in small steps that let other work run. */
const WAIT_MS = 5000
const STEP_MS = 10
/** Statements kept prepared. The server runs far fewer different ones. */
const PREPARED = 256

/**
 * Kysely's dialect over node:sqlite: no native addon, transactional migrations, prepared statements kept. Reads have a
 * connection of their own, so they never wait for a change; changes take turns. With WAL and `synchronous = full` a commit
 * is on disk before it is acknowledged.
 */
export function nodeSqlite(path: string): Dialect {
  return {
    createDriver: () => new SqliteDriver(path),
    createQueryCompiler: (): QueryCompiler => new SqliteQueryCompiler(),
    createAdapter: () => new Adapter(),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  }
}

/** SQLite can roll a failed migration back, and the driver sees to it that connections do not meet. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
  override get supportsMultipleConnections() {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #path: string
  #writer: Handle | undefined
  #reader: Handle | undefined
  readonly #turns = new Turns()

  constructor(path: string) {
    this.#path = path
  }

  async init() {
    const deadline = performance.now() + WAIT_MS
    this.#writer = await patiently(() => new Handle(this.#path), deadline)
    // A database in memory is its connection's alone, so there its reads take turns with its changes.
    this.#reader = this.#path === ':memory:' ? undefined : await patiently(() => new Handle(this.#path), deadline)
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#writer) throw new Error('the database is closed')
    return new Connection(this.#writer, this.#reader, this.#turns)
  }

  async beginTransaction(connection: DatabaseConnection) {
    await (connection as Connection).begin()
  }
  async commitTransaction(connection: DatabaseConnection) {
    await (connection as Connection).end('commit')
  }
  async rollbackTransaction(connection: DatabaseConnection) {
    await (connection as Connection).end('rollback')
  }
  async releaseConnection() {}
  async destroy() {
    this.#reader?.close()
    this.#writer?.close()
    this.#writer = undefined
  }
}

/** One user of the database at a time: nothing of it is real until a statement or a transaction needs it. */
class Connection implements DatabaseConnection {
  readonly #writer: Handle
  readonly #reader: Handle | undefined
  readonly #turns: Turns
  #endTurn: (() => void) | undefined

  constructor(writer: Handle, reader: Handle | undefined, turns: Turns) {
    this.#writer = writer
    this.#reader = reader
    this.#turns = turns
  }

  /**
   * `begin immediate` takes the write lock at once: a deferred transaction that reads first can fail in its middle. While
   * another process (the command line) writes, it waits without stopping the event loop.
   */
  async begin() {
    const deadline = performance.now() + WAIT_MS
    this.#endTurn = await this.#turns.next()
    try {
      await patiently(() => this.#writer.run(raw('begin immediate')), deadline)
    } catch (error) {
      this.#finishTurn()
      throw error
    }
  }

  async end(how: 'commit' | 'rollback') {
    try {
      this.#writer.run(raw(how))
    } catch (error) {
      // A commit that failed leaves its transaction open; the next one must not find itself inside it.
      if (how === 'rollback' || !this.#writer.inTransaction) this.#finishTurn()
      throw error
    }
    this.#finishTurn()
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#endTurn) return this.#writer.run<R>(query)
    if (this.#reader?.isRead(query.sql)) return this.#reader.run<R>(query)
    await this.begin()
    try {
      const result = this.#writer.run<R>(query)
      await this.end('commit')
      return result
    } catch (error) {
      if (this.#endTurn) await this.end('rollback')
      throw error
    }
  }

  // biome-ignore lint/correctness/useYield: nothing here streams rows, and the interface asks for the method
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are not streamed from SQLite')
  }

  #finishTurn() {
    this.#endTurn?.()
    this.#endTurn = undefined
  }
}

/** Does something as soon as no other process holds the lock it needs, and gives up at the deadline. */
async function patiently<T>(act: () => T, deadline: number): Promise<T> {
  for (;;) {
    try {
      return act()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
      await sleep(STEP_MS)
    }
  }
}

const raw = (sql: string) => CompiledQuery.raw(sql, [])

/** A connection to the file, with its prepared statements. */
class Handle {
  readonly #db: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  constructor(path: string) {
    this.#db = new DatabaseSync(path)
    try {
      this.#db.exec(`pragma busy_timeout = ${BLOCK_MS}`)
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

  run<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
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

/** Gives changes their turns, in the order in which they asked. */
class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when it is the caller's turn, with what ends it. */
  async next(): Promise<() => void> {
    const before = this.#last
    const turn = Promise.withResolvers<void>()
    this.#last = turn.promise
    await before
    return turn.resolve
  }
}

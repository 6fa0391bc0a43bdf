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
import { SqliteHandle } from './sqlite-handle.ts'
import { Turns } from './turns.ts'

/** A read meets a lock only in the moment in which another process opens or closes the file: it waits, and we with it. */
export const READ_BLOCK_MS = 1
/**
 * A change holds up nobody while another connection writes, be it another process's or the gate's own: it tries again in
 * small steps. Each millisecond here would be one in which this process does nothing, at every step.
 */
const WRITE_BLOCK_MS = 0
/** How long a change waits for another process that writes, in small steps that let other work run. */
export const WAIT_MS = 5000
const STEP_MS = 10

/**
 * Kysely's dialect over node:sqlite: no native addon, transactional migrations, prepared statements kept. Reads have a
 * connection of their own, so they never wait for a change; changes take turns. With WAL and `synchronous = full` a commit
 * is on disk before it is acknowledged.
 */
export function nodeSqlite(path: string): Dialect {
  return dialectOf(() => new SqliteDriver(path))
}

/** The dialect, whatever runs its statements. */
export function dialectOf(createDriver: () => Driver): Dialect {
  return {
    createDriver,
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
  #writer: SqliteHandle | undefined
  #reader: SqliteHandle | undefined
  readonly #turns = new Turns()

  constructor(path: string) {
    this.#path = path
  }

  async init() {
    const deadline = performance.now() + WAIT_MS
    this.#writer = await patiently(() => new SqliteHandle(this.#path, WRITE_BLOCK_MS), deadline)
    // A database in memory is its connection's alone, so there its reads take turns with its changes.
    if (this.#path === ':memory:') return
    this.#reader = await patiently(() => new SqliteHandle(this.#path, READ_BLOCK_MS), deadline)
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
  readonly #writer: SqliteHandle
  readonly #reader: SqliteHandle | undefined
  readonly #turns: Turns
  #endTurn: (() => void) | undefined

  constructor(writer: SqliteHandle, reader: SqliteHandle | undefined, turns: Turns) {
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
      if (how === 'commit' || this.#writer.inTransaction) this.#writer.run(raw(how))
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
export async function patiently<T>(act: () => T, deadline: number): Promise<T> {
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

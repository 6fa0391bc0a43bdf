import { CompiledQuery, type DatabaseConnection, type Dialect, type Driver, type QueryResult } from 'kysely'
import { dialectOf, patiently, READ_BLOCK_MS, WAIT_MS } from './sqlite.ts'
import { SqliteHandle } from './sqlite-handle.ts'

/**
 * Kysely's dialect over node:sqlite for who only reads a file that another connection of this process has made and writes. Every
 * statement sees all that was committed before it began.
 */
export function readingSqlite(path: string): Dialect {
  return dialectOf(() => new ReadingDriver(path))
}

class ReadingDriver implements Driver {
  readonly #path: string
  #handle: SqliteHandle | undefined

  constructor(path: string) {
    this.#path = path
  }

  async init() {
    const handle = await patiently(() => new SqliteHandle(this.#path, READ_BLOCK_MS), performance.now() + WAIT_MS)
    handle.run(CompiledQuery.raw('pragma query_only = on', []))
    this.#handle = handle
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (!this.#handle) throw new Error('the database is closed')
    return new Connection(this.#handle)
  }

  async beginTransaction() {
    throw new Error('this connection only reads, a statement at a time')
  }
  async commitTransaction() {}
  async rollbackTransaction() {}
  async releaseConnection() {}
  async destroy() {
    this.#handle?.close()
    this.#handle = undefined
  }
}

class Connection implements DatabaseConnection {
  readonly #handle: SqliteHandle

  constructor(handle: SqliteHandle) {
    this.#handle = handle
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#handle.run<R>(query)
  }

  // biome-ignore lint/correctness/useYield: nothing here streams rows, and the interface asks for the method
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are not streamed from SQLite')
  }
}

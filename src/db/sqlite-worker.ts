import { Worker } from 'node:worker_threads'
import { CompiledQuery, type DatabaseConnection, type Dialect, type Driver, type QueryResult } from 'kysely'
import { dialectOf } from './sqlite.ts'
import type { Result } from './sqlite-handle.ts'
import type { Answer, Failure, Order } from './sqlite-worker-thread.ts'
import { Turns } from './turns.ts'

/** The worker needs next to nothing; most of a thread's memory is what its engine may let grow. */
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 }

/**
 * Kysely's dialect over node:sqlite in a worker thread, with a connection of its own: waiting for the disk or for a lock
 * stops nobody else, nor does a statement that takes long. The thread starts with the first statement and with the next one after
 * it has died; it does not keep the process alive but while a statement runs. Everything takes turns on its one connection.
 */
export function sqliteInWorker(path: string): Dialect {
  return dialectOf(() => new WorkerDriver(path))
}

class WorkerDriver implements Driver {
  readonly #path: string
  readonly #turns = new Turns()
  #thread: Thread | undefined
  #closed = false

  constructor(path: string) {
    this.#path = path
  }

  async init() {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return new Connection(() => this.#living(), this.#turns)
  }

  async beginTransaction(connection: DatabaseConnection) {
    await (connection as Connection).begin()
  }
  async commitTransaction(connection: DatabaseConnection) {
    await (connection as Connection).commit()
  }
  async rollbackTransaction(connection: DatabaseConnection) {
    await (connection as Connection).rollback()
  }
  async releaseConnection() {}

  /** What is running ends first, and then the thread. */
  async destroy() {
    this.#closed = true
    const endTurn = await this.#turns.next()
    await this.#thread?.stop()
    endTurn()
  }

  #living(): Thread {
    if (this.#closed) throw new Error('the database is closed')
    if (!this.#thread?.lives) this.#thread = new Thread(this.#path)
    return this.#thread
  }
}

/** One user of the thread at a time. A transaction stays with the thread it began in: it ends with it. */
class Connection implements DatabaseConnection {
  readonly #living: () => Thread
  readonly #turns: Turns
  #transaction: { thread: Thread; endTurn: () => void } | undefined

  constructor(living: () => Thread, turns: Turns) {
    this.#living = living
    this.#turns = turns
  }

  /** `begin immediate` waits in the thread for the write lock. */
  async begin() {
    const endTurn = await this.#turns.next()
    try {
      const thread = this.#living()
      await thread.run(raw('begin immediate'))
      this.#transaction = { thread, endTurn }
    } catch (error) {
      endTurn()
      throw error
    }
  }

  /** A commit that fails leaves the transaction open, so the turn goes on until the rollback. */
  async commit() {
    await this.#transaction?.thread.run(raw('commit'))
    this.#finish()
  }

  /** A thread that cannot roll back is ended, and the transaction with it: the next one must not find itself inside it. */
  async rollback() {
    const thread = this.#transaction?.thread
    try {
      if (thread?.lives) await thread.run(raw('rollback'))
    } catch {
      await thread?.kill()
    } finally {
      this.#finish()
    }
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#transaction) return this.#transaction.thread.run<R>(query)
    const endTurn = await this.#turns.next()
    try {
      return await this.#living().run<R>(query)
    } finally {
      endTurn()
    }
  }

  // biome-ignore lint/correctness/useYield: nothing here streams rows, and the interface asks for the method
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are not streamed from SQLite')
  }

  #finish() {
    this.#transaction?.endTurn()
    this.#transaction = undefined
  }
}

/** Copying thousands of values to a thread one by one takes many times as long as their JSON in one piece. */
const isJson = (value: unknown) => typeof value === 'string' || value === null || Number.isFinite(value)

const raw = (sql: string) => CompiledQuery.raw(sql, [])

/** A worker thread and the statements it was given. */
class Thread {
  readonly #worker: Worker
  readonly #ended = Promise.withResolvers<void>()
  readonly #running = new Map<number, PromiseWithResolvers<Result<unknown>>>()
  #last = 0
  #lives = true

  constructor(path: string) {
    const file = new URL('./sqlite-worker-thread.ts', import.meta.url)
    // The flags of the process (an inspector's, a test runner's) are not meant for it.
    const options = { execArgv: [], resourceLimits: LIMITS, name: 'gatehouse sqlite' }
    this.#worker = new Worker(file, { ...options, workerData: path })
    this.#worker.unref()
    this.#worker.on('message', (answer: Answer) => this.#answered(answer))
    this.#worker.on('error', (error) => this.#over(error))
    this.#worker.on('exit', () => {
      this.#over(undefined)
      this.#ended.resolve()
    })
  }

  get lives(): boolean {
    return this.#lives
  }

  /** @throws ThreadEnded when the thread dies before it has answered; whether the statement took effect is then unknown */
  run<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.#lives) return Promise.reject(new ThreadEnded(undefined))
    const id = ++this.#last
    const running = Promise.withResolvers<Result<unknown>>()
    this.#post({ id, sql, values: parameters.every(isJson) ? JSON.stringify(parameters) : parameters })
    this.#running.set(id, running)
    // The process stays while there is something to come back, and no longer.
    this.#worker.ref()
    return running.promise as Promise<QueryResult<R>>
  }

  async stop(): Promise<void> {
    this.#worker.ref()
    if (this.#lives) this.#post('stop')
    await this.#ended.promise
  }

  async kill(): Promise<void> {
    this.#over(undefined)
    await this.#worker.terminate()
  }

  #post(order: Order) {
    this.#worker.postMessage(order)
  }

  #answered(answer: Answer) {
    const running = this.#running.get(answer.id)
    this.#running.delete(answer.id)
    if (this.#running.size === 0) this.#worker.unref()
    if ('result' in answer) running?.resolve(answer.result)
    else running?.reject(asError(answer.failure))
  }

  #over(cause: unknown) {
    this.#lives = false
    for (const running of this.#running.values()) running.reject(new ThreadEnded(cause))
    this.#running.clear()
  }
}

/** The driver's error, as it was on the other side: what errors.ts looks at is on it. */
const asError = ({ message, code, errcode }: Failure) => Object.assign(new Error(message), { code, errcode })

/** An outage like a lost connection: what was running may or may not have been done, and can be asked for again. */
class ThreadEnded extends Error {
  readonly code = 'ECONNRESET'
  constructor(cause: unknown) {
    super('a thread of the database has ended', { cause })
  }
}

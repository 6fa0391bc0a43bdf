import { parentPort, workerData } from 'node:worker_threads'
import { isBusy } from './errors.ts'
import { type Result, SqliteHandle, type Statement } from './sqlite-handle.ts'

/*
 * The worker behind sqlite-worker.ts: a connection of its own, on which it runs one statement after the other. It may wait,
 * for a lock or for the disk: nobody is served by this thread.
 */

/** A statement to run, its values in JSON where they can be, or the word to stop. */
export type Order = { id: number; sql: string; values: string | readonly unknown[] } | 'stop'
/** What came of it. Of an error only plain values cross between threads. */
export type Answer = { id: number } & ({ result: Result<unknown> } | { failure: Failure })
export type Failure = { message: string; code: string | undefined; errcode: number | undefined }

/** How long a statement waits for a lock that another connection holds. */
const WAIT_MS = 5000
/** Waiting in steps, so that the thread can be ended in between. */
const STEP_MS = 10

const port = parentPort
if (!port) throw new Error('this file is the inside of a worker thread')
const path: string = workerData
const pause = new Int32Array(new SharedArrayBuffer(4))
let handle: SqliteHandle | undefined

port.on('message', (order: Order) => {
  if (order === 'stop') {
    handle?.close()
    port.close()
    return
  }
  const { id, sql, values } = order
  let answer: Answer
  try {
    const parameters: readonly unknown[] = typeof values === 'string' ? JSON.parse(values) : values
    answer = { id, result: run({ sql, parameters }) }
  } catch (error) {
    const { message, code, errcode } = error as Failure
    answer = { id, failure: { message, code, errcode } }
  }
  port.postMessage(answer)
})

function run(statement: Statement): Result<unknown> {
  const deadline = performance.now() + WAIT_MS
  for (;;) {
    try {
      handle ??= new SqliteHandle(path, STEP_MS)
      // A failure can have ended the transaction already.
      if (statement.sql === 'rollback' && !handle.inTransaction) return { rows: [] }
      return handle.run(statement)
    } catch (error) {
      // Within a transaction the lock is ours already; what is busy there does not pass by waiting.
      if (!isBusy(error) || handle?.inTransaction || performance.now() > deadline) throw error
      Atomics.wait(pause, 0, 0, STEP_MS)
    }
  }
}

import type { Worker } from 'node:worker_threads'

/** The name of the thread that writes SQLite for the gate (`src/db/sqlite-worker.ts`). */
const SQLITE = 'gatehouse sqlite'

/** Is told of each thread that begins to write SQLite, whatever other threads this process starts: a test's clock is one. Disposing ends that. */
export function onSqliteThread(told: (worker: Worker) => void): Disposable {
  const seen = (worker: Worker) => {
    if (worker.threadName === SQLITE) told(worker)
  }
  process.on('worker', seen)
  return { [Symbol.dispose]: () => void process.removeListener('worker', seen) }
}

/** The next such thread. */
export const nextSqliteThread = () =>
  new Promise<Worker>((resolve) => {
    const listening = onSqliteThread((worker) => {
      listening[Symbol.dispose]()
      resolve(worker)
    })
  })

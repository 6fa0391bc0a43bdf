import { setTimeout as sleep } from 'node:timers/promises'
import { isDeadlock } from './errors.ts'
import type { Db, OpenedDb, Tx } from './tables.ts'

/** How often work is done that the database gave up for another's sake. */
export const ATTEMPTS = 5
const PAUSE_MS = 10

/** How long to wait before it is done again: longer each time, and not as long as those that it met. */
export const pauseMs = (attempt: number) => PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2)

/**
 * Does work in one transaction. Where PostgreSQL gave it up for the sake of another (a deadlock, a serialization failure), nothing
 * of it is left and it is done again, five times in all. So the work must do nothing but use the database it is given.
 * @throws what the work does, or the database: the fifth time also that it gave it up
 */
export async function inTransaction<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await (db as OpenedDb).transaction().execute(work)
    } catch (error) {
      if (attempt === ATTEMPTS || !isDeadlock(error)) throw error
      await sleep(pauseMs(attempt))
    }
  }
}

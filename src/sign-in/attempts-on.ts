import { hasSeveralServers } from '../db/several-servers.ts'
import type { Db } from '../db/tables.ts'
import type { CountAttempts } from './attempts.ts'
import { SharedThrottle } from './shared-throttle.ts'
import { Throttle } from './throttle.ts'

/**
 * Counts in the database where several servers have it, so that they count together and a restart forgets nothing. A SQLite file is one process's,
 * however many of its threads serve: people sign in at its main thread alone, which counts in its memory, since with each attempt it would wait for the
 * disk, and all others with it.
 * @param now milliseconds since the epoch
 */
export const attemptsOn =
  (db: Db, now: () => number): CountAttempts =>
  (kind, rate) =>
    hasSeveralServers(db) ? new SharedThrottle(db, kind, rate, now) : new Throttle(rate, now)

import type { Config } from '../config/settings.ts'
import type { NewId } from '../core/id.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import { openGateDb, type Seeing } from '../db/open.ts'
import type { Db } from '../db/tables.ts'
import { Beat } from './beat.ts'
import { LastUsed } from './last-used.ts'
import { RefusedByLimits } from './limit-refusals.ts'
import { Owners } from './owners.ts'
import { Refusals } from './refusals.ts'
import { Retention } from './retention.ts'
import { openSpill } from './spill/open.ts'
import { Usage } from './usage.ts'

export type LedgerParts = {
  /** The main database. */
  db: Db
  seeing: Seeing
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
  log: Log
  metrics: Metrics
}

/**
 * Everything that is collected in memory and written in batches. Disposing writes what is left of it, once nothing more can
 * come; who follows the usage closes that before and hears of the last of it.
 */
export type Ledger = AsyncDisposable & {
  /** The gate's own database, for others that write. */
  gateDb: Db
  beat: Beat
  usage: Usage
  owners: Owners
  lastUsed: LastUsed
  refusals: Refusals
  refusedByLimits: RefusedByLimits
}

/**
 * Puts the writers together, on a database connection of their own and with one beat.
 * @param ended is awaited when the last was written, and not called where something waits yet; it never rejects
 */
export function openLedger(
  { databaseUrl, retention, redis }: Config,
  parts: LedgerParts,
  ended: (gateDb: Db, writer: string) => Promise<void> = async () => {},
): Ledger {
  const { db, seeing, newId, now, log, metrics } = parts
  const gateDb = openGateDb(databaseUrl, db, seeing)
  const beat = new Beat(log)
  const dropped = (entries: number) => metrics.count('gatehouse_usage_entries_dropped_total', {}, entries)
  const spill = openSpill(databaseUrl, { log, dropped })
  const usage = new Usage({ db: gateDb, beat, log, spill, byWriter: redis !== null, dropped, now })
  const owners = new Owners({ read: db, write: gateDb, beat, log, now, days: retention.responsesDays })
  const { usageMinutesDays, responsesDays, auditDays } = retention
  const cleaning = new Retention({ db: gateDb, log, now, usageMinutesDays, responsesDays, auditDays })
  const lastUsed = new LastUsed(gateDb, beat)
  const refusals = new Refusals(gateDb, newId, beat)
  const refusedByLimits = new RefusedByLimits(gateDb, beat)
  // In the order in which they are written.
  for (const writer of [usage, owners, cleaning, lastUsed, refusals, refusedByLimits]) beat.add(writer)
  metrics.gauge('gatehouse_usage_buffered', () => usage.buffered)
  return {
    gateDb,
    beat,
    usage,
    owners,
    lastUsed,
    refusals,
    refusedByLimits,
    async [Symbol.asyncDispose]() {
      const isWritten = await usage.close()
      await cleaning.close()
      await beat.close()
      if (isWritten) await ended(gateDb, usage.writer)
      if (gateDb !== db) await gateDb.destroy()
    },
  }
}

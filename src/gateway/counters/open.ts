import type { Db } from '../../db/tables.ts'
import type { Ledger } from '../../ledger/open.ts'
import { DailyLevels } from '../limits/daily.ts'
import { MemoryLimiter } from '../limits/memory.ts'
import { Accounts } from '../spend/accounts.ts'
import { MemoryMoney } from '../spend/memory.ts'
import { readingSpent } from '../spend/reading.ts'
import type { CountersKeeper, GateCounters } from './make.ts'
import { MemoryCounters } from './memory.ts'

export type CountersParts = {
  /** For reading. */
  db: Db
  ledger: Pick<Ledger, 'gateDb' | 'beat' | 'usage'>
  /** Milliseconds since the epoch. */
  now: () => number
}

/** The counters of the only thread there is, with what the process before had counted of this day. */
export async function openMemoryCounters(parts: CountersParts): Promise<GateCounters> {
  const { db, ledger, now } = parts
  const limiter = new MemoryLimiter({ dayChanged: () => ledger.beat.wake() })
  const counters = new MemoryCounters(limiter, new MemoryMoney(new Accounts(now), readingSpent(db, now)))
  await keep(counters, parts)
  return counters
}

/**
 * Keeps counters and database in step, once on a machine: takes up the days' levels that were saved there, saves those that
 * change with the beat, and tells of costs when they are written. To be awaited before the first call is counted.
 */
export async function keep(counters: CountersKeeper, { db, ledger, now }: CountersParts): Promise<void> {
  const days = new DailyLevels(counters, now)
  saveWithBeat(days, ledger)
  ledger.usage.follow(counters)
  await days.load(db)
}

/** Has the levels of days saved with the beat. */
export function saveWithBeat(
  days: Pick<DailyLevels, 'waiting' | 'save'>,
  { gateDb, beat }: Pick<Ledger, 'gateDb' | 'beat'>,
): void {
  beat.add({
    what: 'the levels of daily limits',
    kept: true,
    get waiting() {
      return days.waiting
    },
    write: () => days.save(gateDb),
  })
}

import type { Db } from '../../db/tables.ts'
import type { Ledger } from '../../ledger/open.ts'
import { DailyLevels } from './daily.ts'
import { MemoryLimiter } from './memory.ts'

type Parts = {
  /** For reading. */
  db: Db
  ledger: Pick<Ledger, 'gateDb' | 'beat'>
  /** Milliseconds since the epoch. */
  now: () => number
}

/** The limiter, with what the process before had counted of this day; what it counts of it is written with the beat. */
export async function openLimiter({ db, ledger, now }: Parts): Promise<MemoryLimiter> {
  const { gateDb, beat } = ledger
  const limiter = new MemoryLimiter({
    dayChanged() {
      days.changed()
      beat.wake()
    },
  })
  const days = new DailyLevels(limiter, now)
  beat.add({
    what: 'the levels of daily limits',
    kept: true,
    get waiting() {
      return days.waiting
    },
    write: () => days.save(gateDb),
  })
  await days.load(db)
  return limiter
}

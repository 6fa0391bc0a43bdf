import { MemoryLimiter } from '../../limits/memory.ts'
import { Accounts } from '../../spend/accounts.ts'
import { MemoryMoney } from '../../spend/memory.ts'
import { readingSpent } from '../../spend/reading.ts'
import { MemoryCounters } from '../memory.ts'
import type { CountersParts } from '../open.ts'

/**
 * The counters of this process's only thread that take the place of far ones. They hear of costs that are written, like any
 * others; of the limits of days they save nothing, since what they have counted is told to the far ones, which do.
 */
export function nearCounters({ db, ledger, now }: CountersParts): MemoryCounters {
  const near = new MemoryCounters(new MemoryLimiter({}), new MemoryMoney(new Accounts(now), readingSpent(db, now)))
  ledger.usage.follow(near)
  return near
}

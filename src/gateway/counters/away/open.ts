import { MemoryLimiter } from '../../limits/memory.ts'
import { Accounts } from '../../spend/accounts.ts'
import { MemoryMoney } from '../../spend/memory.ts'
import { readingSpent } from '../../spend/reading.ts'
import { MemoryCounters } from '../memory.ts'
import type { CountersParts } from '../open.ts'
import { AwayCounters, type AwayParts } from './counters.ts'

/**
 * Far counters, and those of this process that take their place where that is the policy. The near ones hear of costs that are written, like any
 * others; of the limits of days they save nothing, since what they have counted is told to the far ones, which do.
 */
export function openAwayCounters({ db, ledger, now, ...parts }: CountersParts & Omit<AwayParts, 'near'>): AwayCounters {
  if (parts.down !== 'local') return new AwayCounters({ ...parts, near: null })
  const near = new MemoryCounters(new MemoryLimiter({}), new MemoryMoney(new Accounts(now), readingSpent(db, now)))
  ledger.usage.follow(near)
  return new AwayCounters({ ...parts, near })
}

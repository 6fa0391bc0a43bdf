import type { UsageFollower } from '../../ledger/usage.ts'
import type { Days } from '../limits/daily.ts'
import type { Money, Spender } from '../spend/money.ts'
import type { Counters } from './counters.ts'

/*
 * There are several makes of counters: in this thread, in memory that the threads of a machine share, and further away. Each
 * has two sides, which in this thread are one.
 */

/** What a make offers each thread that has a gate. */
export interface GateCounters extends Counters {
  /**
   * Reads what a project and its organization have spent, and takes it up; to be awaited whenever the project's rules are
   * loaded, before a call is judged by them. Of a spender that was never loaded `take` refuses every call with a 503.
   * @param isFresh whether it is read anew however lately it was: something of it has just been written
   * @throws what the database says
   */
  load: (spender: Spender, isFresh?: boolean) => Promise<void>
}

/** Counters that may be away, while others take their place. What could not be settled there they settle by themselves when it can be. */
export interface FarCounters extends GateCounters {
  /**
   * Takes note of what was spent without them, by a call of this month. Who else counts there hears of it when they are there again. Never throws.
   * @param nano nano-dollars, a whole number
   */
  spend: (money: Money, nano: number) => void
}

/**
 * What a make offers the machine, once, however many threads take: it hears of costs when they are in the database, and gives
 * and takes the levels of days that are saved there.
 */
export type CountersKeeper = UsageFollower & Days

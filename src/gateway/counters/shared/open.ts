import type { Db } from '../../../db/tables.ts'
import { readingSpent } from '../../spend/reading.ts'
import type { GateCounters } from '../make.ts'
import { type CountersParts, keep } from '../open.ts'
import { SharedCounters } from './counters.ts'
import { SharedKeeper } from './keeper.ts'
import { createSharedMemory, type SharedMemory } from './memory.ts'

export type OpenShared = Disposable & {
  /** To be sent to each thread. */
  memory: SharedMemory
  threadEnded: SharedKeeper['threadEnded']
}

/** Sums that are told to Redis. What nobody has counted in takes no memory yet. */
const SUMS = 1 << 19

/** The machine's side of counters that so many threads take from, with what the process before had counted of this day. */
export async function openShared(threads: number, parts: CountersParts): Promise<OpenShared> {
  const memory = createSharedMemory({ threads })
  const keeper = new SharedKeeper(memory, { dayChanged: () => parts.ledger.beat.wake() })
  await keep(keeper, parts)
  return opened(memory, keeper)
}

/**
 * The same where the threads count in Redis: the sums that they tell it, and what takes its place while it is away. That hears of costs
 * that are written, and saves no levels of days: what it has counted is told to Redis.
 */
export function openSharedBeside(threads: number, { ledger }: Pick<CountersParts, 'ledger'>): OpenShared {
  const memory = createSharedMemory({ threads, sums: SUMS })
  const keeper = new SharedKeeper(memory, { dayChanged() {} })
  ledger.usage.follow(keeper)
  return opened(memory, keeper)
}

const opened = (memory: SharedMemory, keeper: SharedKeeper): OpenShared => ({
  memory,
  threadEnded: (index) => keeper.threadEnded(index),
  [Symbol.dispose]: () => keeper[Symbol.dispose](),
})

/** A thread's side. @param db for reading @param now milliseconds since the epoch */
export function sharedCounters(memory: SharedMemory, index: number, db: Db, now: () => number): GateCounters {
  return new SharedCounters(memory, { index, readSpent: readingSpent(db, now) })
}

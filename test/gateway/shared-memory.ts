import { monthOf } from '../../src/core/month.ts'
import { SharedCounters } from '../../src/gateway/counters/shared/counters.ts'
import { SharedKeeper } from '../../src/gateway/counters/shared/keeper.ts'
import { createSharedMemory } from '../../src/gateway/counters/shared/memory.ts'

export type SharedOptions = {
  threads?: number
  windows?: number
  accounts?: number
  /** Where the clock begins, in milliseconds. */
  start?: number
  /** Nano-dollars that the database has, by project; empty text is the organization. */
  spent?: ReadonlyMap<string, bigint>
}

/** Shared memory as several threads see it, which are all this one, on a clock that the test moves. */
export function shareMemory({
  threads = 2,
  windows = 64,
  accounts = 64,
  start = 0,
  spent = new Map(),
}: SharedOptions = {}) {
  const memory = createSharedMemory({ threads, windows, accounts })
  const time = { ms: start }
  const clock = () => time.ms
  const readSpent = async () => ({ month: monthOf(0), spent, held: new Map() })
  const counters = Array.from(
    { length: threads },
    (_, index) => new SharedCounters(memory, { index, readSpent, clock }),
  )
  let woken = 0
  const keeper = new SharedKeeper(memory, { dayChanged: () => woken++, clock })
  return { memory, time, counters, keeper, woken: () => woken, [Symbol.dispose]: () => keeper[Symbol.dispose]() }
}

import { workerData } from 'node:worker_threads'
import { monthOf } from '../../src/core/month.ts'
import { SharedCounters } from '../../src/gateway/counters/shared/counters.ts'
import { Lock } from '../../src/gateway/counters/shared/lock.ts'
import type { SharedMemory } from '../../src/gateway/counters/shared/memory.ts'
import { Names } from '../../src/gateway/counters/shared/names.ts'
import { Undo } from '../../src/gateway/counters/shared/undo.ts'
import {
  BEGUN,
  CALLS,
  COST,
  DONE,
  GO,
  LEAST,
  MOST,
  PARKED,
  type Point,
  SPENDER,
  shareOf,
  TOLD,
  type Work,
  windowOf,
} from './shared-threads.ts'

/*
 * A thread that counts in shared memory, as a test tells it: what it has done is in words of its own, so that it is known when
 * the thread is no more.
 */

const { memory, index, told, work } = workerData as {
  memory: SharedMemory
  index: number
  told: SharedArrayBuffer
  work: Work
}
const words = new Int32Array(told, index * TOLD * 4, TOLD)
const counters = new SharedCounters(memory, {
  index,
  readSpent: async () => ({ month: monthOf(0), spent: new Map(), held: new Map() }),
})

/** Stops for good at the n-th time that a method of the counters' is called. */
function parkAt({ point, nth }: { point: Point; nth: number }): void {
  let calls = 0
  const park = () => {
    if (++calls !== nth) return
    Atomics.store(words, PARKED, 1)
    Atomics.notify(words, PARKED)
    Atomics.wait(words, GO, 1)
  }
  const after = <T extends object>(prototype: T, name: keyof T) => {
    const own = prototype[name] as (...args: unknown[]) => unknown
    Object.assign(prototype, {
      [name](this: T, ...args: unknown[]) {
        const result = own.apply(this, args)
        park()
        return result
      },
    })
  }
  const before = <T extends object>(prototype: T, name: keyof T) => {
    const own = prototype[name] as (...args: unknown[]) => unknown
    Object.assign(prototype, {
      [name](this: T, ...args: unknown[]) {
        park()
        return own.apply(this, args)
      },
    })
  }
  const points: Record<Point, () => void> = {
    'with the lock': () => after(Lock.prototype, 'take'),
    'before something is saved': () => before(Undo.prototype, 'save'),
    'when something is saved': () => after(Undo.prototype, 'save'),
    'before a name is said': () => before(Names.prototype, 'say'),
    'when a name is said': () => after(Names.prototype, 'say'),
    'before all of it counts': () => before(Undo.prototype, 'forget'),
    'when all of it counts': () => after(Undo.prototype, 'forget'),
    'before it is undone': () => before(Undo.prototype, 'replay'),
    'when it is undone': () => after(Undo.prototype, 'replay'),
    'when the lock is free': () => after(Lock.prototype, 'free'),
  }
  points[point]()
}

/** Adds to what is told: only this thread does. */
const add = (word: number, amount: number) => Atomics.add(words, word, amount)

function take(round: number): void {
  const share = shareOf(work.limits)
  add(BEGUN, 1)
  add(MOST, COST)
  const { taken } = counters.take(share) as { taken: { settle: (costs: number[], nano: number) => void } | null }
  if (taken === null) {
    add(MOST, -COST)
    return
  }
  add(CALLS, 1)
  if (work.kind === 'hold') return
  const actual = round % (COST + 1)
  taken.settle(
    share.windows.map(() => actual),
    actual,
  )
  add(LEAST, actual)
  add(MOST, actual - COST)
}

await counters.load(SPENDER)
Atomics.store(words, DONE, 1)
Atomics.notify(words, DONE)
Atomics.wait(words, GO, 0)
if (work.park) parkAt(work.park)
if (work.kind === 'load') await counters.load(SPENDER)
else if (work.kind === 'crowd') {
  for (let i = 0; ; i++)
    counters.take({ windows: [0, 1, 2].map((n) => windowOf(i * 3 + n)), costs: [1, 1, 1], money: null })
} else if (work.kind === 'exhaust') {
  const all: unknown[] = []
  for (let i = 0; ; i++) {
    take(i)
    all.push(Array.from({ length: 100 }, () => ({ i })))
  }
} else for (let i = 0; i < work.calls && Atomics.load(words, GO) === 1; i++) take(i)
Atomics.store(words, DONE, 2)
Atomics.notify(words, DONE)

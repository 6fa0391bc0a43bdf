import assert from 'node:assert/strict'
import { Worker } from 'node:worker_threads'
import { monthOf } from '../../src/core/month.ts'
import type { Share } from '../../src/gateway/counters/counters.ts'
import { SharedAccounts } from '../../src/gateway/counters/shared/accounts.ts'
import { Arena } from '../../src/gateway/counters/shared/arena.ts'
import { SharedCounters } from '../../src/gateway/counters/shared/counters.ts'
import { LOCK, LOGGED } from '../../src/gateway/counters/shared/header.ts'
import { SharedKeeper } from '../../src/gateway/counters/shared/keeper.ts'
import { createSharedMemory } from '../../src/gateway/counters/shared/memory.ts'
import { Places } from '../../src/gateway/counters/shared/place.ts'

/** What a thread tells of itself, each in a word of its own. */
export const [GO, DONE, PARKED, BEGUN, CALLS, LEAST, MOST] = [0, 1, 2, 3, 4, 5, 6]
export const TOLD = 8

/** Where a thread can be stopped while it counts. */
export type Point =
  | 'with the lock'
  | 'before something is saved'
  | 'when something is saved'
  | 'before a name is said'
  | 'when a name is said'
  | 'before all of it counts'
  | 'when all of it counts'
  | 'before it is undone'
  | 'when it is undone'
  | 'when the lock is free'

export type Work = {
  /** Takes and settles, takes alone, loads once, takes new windows until there is no room, or allocates until there is no memory. */
  kind: 'settle' | 'hold' | 'load' | 'crowd' | 'exhaust'
  calls: number
  limits: { window: number; cents: number | null }
  park?: { point: Point; nth: number }
}

export const SPENDER = { organizationId: 'org-x', projectId: 'proj_x' }
/** What each call takes of each of its windows, and sets aside in nano-dollars. */
export const COST = 10

/** So long that what drains during a test is nothing. */
const periodMs = 1e15
export const windowOf = (n: number, limit = 1e9) => ({ key: `org-x/window ${n}`, limit, periodMs })

export const shareOf = ({ window, cents }: Work['limits'], cost = COST): Share => ({
  windows: [0, 1, 2, 3].map((n) => windowOf(n, window)),
  costs: [cost, cost, cost, cost],
  money: { ...SPENDER, at: 0, nano: cost, limits: { project: cents, organization: null } },
})

/** That others go on: one has begun more calls since. */
export async function goesOn({ words }: Thread): Promise<void> {
  const before = Atomics.load(words, BEGUN)
  while (Atomics.load(words, BEGUN) < before + 100) await new Promise(setImmediate)
}

/** That nothing is held, and every level lies between what was surely used and what may have been. */
export function isSound(shared: ReturnType<typeof shareThreads>): void {
  assert.ok(shared.isFree())
  const { levels, spent, reserved } = shared.state()
  const [least, most] = [shared.sum(LEAST), shared.sum(MOST)]
  assert.equal(reserved, 0)
  assert.ok(spent >= least && spent <= most, `${spent} spent of ${least} to ${most}`)
  for (const level of levels) assert.ok(level >= least && level <= most, `${level} of ${least} to ${most}`)
  assert.equal(new Set(levels).size, 1, `a call was counted by halves: ${levels}`)
}

/** Memory that real threads share, and the machine's side of it; the last index is this thread's, which looks. */
export function shareThreads(threads: number, sizes: { windows?: number } = {}) {
  const memory = createSharedMemory({ threads: threads + 1, windows: 256, accounts: 64, ...sizes })
  const told = new SharedArrayBuffer((threads + 1) * TOLD * 4)
  const keeper = new SharedKeeper(memory, { dayChanged() {} })
  const readSpent = async () => ({ month: monthOf(0), spent: new Map<string, bigint>(), held: new Map() })
  const counters = new SharedCounters(memory, { index: threads, readSpent })
  const arena = new Arena(memory, threads)
  const accounts = new SharedAccounts(arena, () => 0)
  const places = new Places(memory.secret, (place) => place)
  const living = new Set<Worker>()

  /** Starts a thread that is ready to go. */
  async function start(index: number, work: Work, resourceLimits = {}): Promise<Thread> {
    const words = new Int32Array(told, index * TOLD * 4, TOLD)
    words.fill(0, 0, BEGUN)
    const worker = new Worker(new URL('./shared-worker.ts', import.meta.url), {
      workerData: { memory, index, told, work },
      resourceLimits,
    })
    living.add(worker)
    const ended = new Promise<void>((resolve) => {
      worker.on('exit', () => {
        living.delete(worker)
        resolve()
      })
    })
    worker.on('error', (error: Error & { code?: string }) => {
      if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error
    })
    const reached = async (word: number, value: number) => {
      const wait = Atomics.waitAsync(words, word, value - 1)
      if (wait.async) await wait.value
    }
    await reached(DONE, 1)
    return {
      words,
      ended,
      go() {
        Atomics.store(words, GO, 1)
        Atomics.notify(words, GO)
      },
      parked: () => reached(PARKED, 1),
      done: () => reached(DONE, 2),
      stop: () => void Atomics.store(words, GO, 2),
      async terminate() {
        await worker.terminate()
        await ended
      },
    }
  }

  /** Lets the project have spent something. @param amount nano-dollars */
  async function spend(amount: number) {
    await counters.load(SPENDER)
    const { taken } = counters.take({ windows: [], costs: [], money: shareOf({ window: 1, cents: null }, 0).money })
    await (taken ?? assert.fail()).settle([], amount)
  }

  /** Adds up what the threads tell. */
  function sum(word: number): number {
    const all = new Int32Array(told)
    return Array.from({ length: threads }, (_, i) => all[i * TOLD + word] ?? 0).reduce((a, b) => a + b, 0)
  }

  /** What is in the memory now. */
  function state() {
    const decision = counters.take({ ...shareOf({ window: 1e9, cents: null }, 0), money: null })
    const levels = 'levels' in decision ? decision.levels.map((level) => Math.round(level)) : assert.fail()
    const month = monthOf(0)
    const word = accounts.loaded(places.of(SPENDER.projectId))
    assert.notEqual(word, -1)
    return { levels, spent: Number(accounts.spent(word, month)), reserved: Number(accounts.reserved(word, month)) }
  }

  return {
    memory,
    keeper,
    counters,
    start,
    spend,
    sum,
    state,
    isFree: () => arena.ints[LOCK] === 0 && arena.ints[LOGGED] === 0,
    async [Symbol.asyncDispose]() {
      keeper[Symbol.dispose]()
      await Promise.all([...living].map((worker) => worker.terminate()))
    },
  }
}

export type Thread = {
  words: Int32Array
  /** Resolves when it is no more. */
  ended: Promise<void>
  go: () => void
  parked: () => Promise<void>
  done: () => Promise<void>
  /** Asks it to end after its call. */
  stop: () => void
  terminate: () => Promise<void>
}

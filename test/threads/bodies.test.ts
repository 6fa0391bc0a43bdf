import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { createBodyMemory, SharedBodyBudget } from '../../src/gateway/body/shared-budget.ts'

const LIMITS = { limitBytes: 100, forSmall: 0 }
const THREADS = 3

function setUp() {
  const memory = createBodyMemory(LIMITS, THREADS)
  const held = new Int32Array(new SharedArrayBuffer(4 * THREADS * 4))
  const seen = new Int32Array(new SharedArrayBuffer(4 * 3))
  const machine = new SharedBodyBudget(memory, THREADS)
  const start = async (index: number, dies = false) => {
    const worker = new Worker(new URL('./bodies-thread.ts', import.meta.url), {
      ...{ execArgv: [], workerData: { memory, index, held, seen, dies } },
    })
    await once(worker, 'message')
    return {
      async kill() {
        await worker.terminate()
        held.fill(0, index * 4, index * 4 + 4)
        machine.bury(index)
      },
    }
  }
  /** Waits until threads have taken so often. */
  const takenUntil = async (count: number) => {
    while (Atomics.load(seen, 0) < count) await turn()
  }
  return { memory, seen, start, takenUntil }
}

/** Nothing is held by anybody: all of it can be had. */
function assertEmpty(memory: ReturnType<typeof createBodyMemory>) {
  const budget = new SharedBodyBudget(memory, 0)
  const shares = ['proj_0', 'proj_1'].map((project) => budget.share(project))
  for (const share of shares) share.take(50, 50)
  assert.throws(() => budget.share('proj_2').take(1, 1), { code: 'service_unavailable' })
  for (const share of shares) share.give(50)
}

test('threads that take at once never hold more than there is, nor of one project more than half, and none that dies keeps any', async (t) => {
  const { memory, seen, start, takenUntil } = setUp()
  const lasting = await Promise.all([start(0), start(1)])
  for (let round = 1; round <= 12; round++) {
    const dying = await start(2)
    await takenUntil(round * 2000)
    await dying.kill()
  }
  for (const one of lasting) await one.kill()
  const [taken = 0, full = 0, over = 0] = seen
  assert.deepEqual([over, taken > 0, full > 0], [0, true, true])
  assertEmpty(memory)
  t.diagnostic(`12 threads ended at once: ${taken} taken, ${full} refused, ${over} over the limits`)
})

test('a thread that dies with the lock holds up the others no longer than until it is known to be dead', async () => {
  const { memory, seen, start, takenUntil } = setUp()
  const dying = await start(2, true)
  const going = await start(0)
  assert.equal(seen[0], 0, 'nobody takes anything meanwhile')
  await dying.kill()
  await takenUntil(100)
  await going.kill()
  assertEmpty(memory)
})

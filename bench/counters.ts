import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { DAY_MS, MINUTE_MS } from '../src/core/limit.ts'
import { monthOf } from '../src/core/month.ts'
import type { Counters } from '../src/gateway/counters/counters.ts'
import { MemoryCounters } from '../src/gateway/counters/memory.ts'
import { SharedCounters } from '../src/gateway/counters/shared/counters.ts'
import { createSharedMemory, type SharedMemory } from '../src/gateway/counters/shared/memory.ts'
import { MemoryLimiter } from '../src/gateway/limits/memory.ts'
import { Accounts } from '../src/gateway/spend/accounts.ts'
import { MemoryMoney } from '../src/gateway/spend/memory.ts'
import { medianOf, ratio, round } from './statistics.ts'

/*
 * What it costs to count a call, taken and settled, with four windows and a limit of money: in a thread's own memory, in memory
 * that is shared, and while another thread does nothing else. Processor time, measured in turn in the same threads.
 *   node bench/counters.ts
 */
const THREADS = 2
const ROUNDS = 15
const CALLS = 40_000
/** Projects, so that not everything lies in the processor's cache. */
const PROJECTS = 200

type Make = 'memory' | 'shared'
const print = (line: string) => process.stdout.write(`${line}\n`)

if (isMainThread) await measure()
else await count(workerData as { memory: SharedMemory; index: number })

async function measure(): Promise<void> {
  const memory = createSharedMemory({ threads: THREADS })
  const threads = Array.from(
    { length: THREADS },
    (_, index) => new Worker(new URL(import.meta.url), { workerData: { memory, index } }),
  )
  const [first] = threads as [Worker, ...Worker[]]
  const ask = async (thread: Worker, make: Make) => {
    thread.postMessage(make)
    const [ns] = (await once(thread, 'message')) as [number]
    return ns
  }
  const together = async () => Math.max(...(await Promise.all(threads.map((thread) => ask(thread, 'shared')))))
  const oneRound = async () => ({
    memory: await ask(first, 'memory'),
    shared: await ask(first, 'shared'),
    together: await together(),
  })
  for (let i = 0; i < 3; i++) await oneRound()
  const rounds: Awaited<ReturnType<typeof oneRound>>[] = []
  for (let i = 0; i < ROUNDS; i++) rounds.push(await oneRound())
  print(`a call counted in a thread's own memory: ${round(medianOf(rounds, ({ memory }) => memory))} ns`)
  print(`in shared memory / own: ${ratio(rounds, ({ shared, memory }) => shared / memory)}`)
  print(`while another thread counts all the time / own: ${ratio(rounds, ({ together, memory }) => together / memory)}`)
  await Promise.all(threads.map((thread) => thread.terminate()))
}

/** A thread: counts calls when it is told where, and says how many nanoseconds each took. */
async function count({ memory, index }: { memory: SharedMemory; index: number }): Promise<void> {
  const readSpent = async () => ({ month: monthOf(0), spent: new Map<string, bigint>(), held: new Map() })
  const makes = {
    memory: new MemoryCounters(new MemoryLimiter(), new MemoryMoney(new Accounts(() => 0), readSpent)),
    shared: new SharedCounters(memory, { index, readSpent }),
  }
  const shares = Array.from({ length: PROJECTS }, (_, i) => {
    const ids = {
      organizationId: `org-${String(i).padStart(24, '0')}`,
      projectId: `proj_${String(i).padStart(24, '0')}`,
    }
    const key = `${ids.organizationId}/${ids.projectId}/gpt-4o-mini`
    return {
      windows: ['a', 'b', 'c', 'd'].map((name) => ({
        key: `${key}/max_requests_per_1_${name}`,
        limit: 1e9,
        periodMs: name === 'd' ? DAY_MS : MINUTE_MS,
      })),
      costs: [1, 500, 1, 1],
      money: { ...ids, at: 0, nano: 5000, limits: { project: 1_000_000, organization: 1_000_000 } },
    }
  })
  for (const make of Object.values(makes)) for (const { money } of shares) await make.load(money)
  const run = (counters: Counters) => {
    const { user, system } = process.threadCpuUsage()
    for (let i = 0; i < CALLS; i++) {
      const decision = counters.take(shares[i % PROJECTS] as (typeof shares)[number])
      if (decision instanceof Promise || decision.taken === null) throw new Error('a call was refused')
      void decision.taken.settle([Number.NaN, 300, Number.NaN, Number.NaN], 3000)
    }
    const now = process.threadCpuUsage()
    return ((now.user + now.system - user - system) * 1000) / CALLS
  }
  parentPort?.on('message', (make: Make) => parentPort?.postMessage(run(makes[make])))
}

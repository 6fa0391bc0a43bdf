import type { Worker } from 'node:worker_threads'
import type { FromThread } from '../../src/thread/words.ts'
import { startGate, type TestGate } from '../gateway/gate.ts'
import { modelsFile } from '../support/models-file.ts'
import type { Fault } from './faults.ts'

/** How many threads serve in these tests. */
export const THREADS = 2

/** A gate on several threads, which a test can have end. */
export type ThreadedGate = TestGate & {
  /** By their places; of each the one that was started last. */
  workers: (Worker | undefined)[]
  /** Those of them that listen. */
  listening: WeakSet<Worker>
  log: Record<string, unknown>[]
  /** Has a thread fail. */
  fail: (fault: Fault) => void
}

/** @param models limits and prices @param more what else the configuration file says @param env settings */
export async function startThreads(
  models: Readonly<Record<string, object>> = { m1: {} },
  more: object = {},
  env: Record<string, string> = {},
): Promise<ThreadedGate> {
  await using stack = new AsyncDisposableStack()
  const file = stack.use(await modelsFile(models, more))
  const workers: (Worker | undefined)[] = []
  const listening = new WeakSet<Worker>()
  const log: Record<string, unknown>[] = []
  const channel = stack.adopt(new BroadcastChannel('faults'), (open) => open.close())
  const gate = stack.use(
    await startGate({
      env: { GATEHOUSE_WORKERS: String(THREADS), GATEHOUSE_CONFIG: file.path, ...env },
      log: (line) => log.push(JSON.parse(line)),
      threads: {
        worker: {
          execArgv: ['--import', new URL('./faults.ts', import.meta.url).href],
          resourceLimits: { maxOldGenerationSizeMb: 96 },
        },
        started: (worker, index) => {
          workers[index] = worker
          worker.on('message', ({ what }: FromThread) => what === 'listening' && listening.add(worker))
        },
      },
    }),
  )
  const rest = stack.move()
  return {
    ...gate,
    ...{ workers, listening, log },
    fail: (fault) => channel.postMessage(fault),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

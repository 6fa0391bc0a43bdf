import { Worker } from 'node:worker_threads'
import { LedgerServer, type ServedLedger } from '../../src/ledger/across/ledger-server.ts'
import type { Tasks } from './ledger-thread.ts'

type Answer = { id: number; answer?: unknown; failure?: { message: string; code?: string } }

/** A thread whose ledger is this one's. */
export type LedgerThread = AsyncDisposable & {
  /** Has it do something. @throws what that throws, or that it ended */
  run: <T extends keyof Tasks>(task: T, ask: Parameters<Tasks[T]>[0]) => Promise<Awaited<ReturnType<Tasks[T]>>>
  /** Ends it wherever it is, and waits until the ledger has all that it had told. */
  kill: () => Promise<void>
  /** Resolves when its channel is closed. */
  ended: Promise<void>
}

/** @param signals see `SIGNAL`; threads that are given the same hear of each other */
export function startLedgerThread(server: LedgerServer, signals: Int32Array): LedgerThread {
  const { port, ended } = server.line()
  const worker = new Worker(new URL('./ledger-thread.ts', import.meta.url), {
    execArgv: [],
    workerData: { port, signals },
    transferList: [port],
  })
  const running = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  worker.on('message', ({ id, answer, failure }: Answer) => {
    if (failure) running.get(id)?.reject(Object.assign(new Error(failure.message), { code: failure.code }))
    else running.get(id)?.resolve(answer)
    running.delete(id)
  })
  // What a test has it end by, it hears of by that.
  worker.on('error', () => {})
  const over = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const kill = async () => {
    await worker.terminate()
    await Promise.all([over, ended])
    for (const each of running.values()) each.reject(new Error('the thread has ended'))
  }
  return {
    run(task, ask) {
      const done = Promise.withResolvers<unknown>()
      running.set(++last, done)
      worker.postMessage({ id: last, task, ask })
      // The thread's answer to this task.
      return done.promise as Promise<never>
    },
    kill,
    ended,
    [Symbol.asyncDispose]: kill,
  }
}

/** A server of a ledger of which only some matters. */
export function serverOf(ledger: Partial<ServedLedger>): LedgerServer {
  const owners = { find: async () => [], claim: () => true, end() {}, keep: async () => [], list: async () => [] }
  const counted = { usage: { recordSums() {} }, lastUsed: { touch() {} }, refusedByLimits: { add() {} } }
  const webhooks = { ask: async () => ({ body: {} }), limited() {} }
  const others = { webhooks, alerts: { look: async () => {} }, refusals: { record: async () => {} } }
  return new LedgerServer({ ...counted, owners, ...others, ...ledger })
}

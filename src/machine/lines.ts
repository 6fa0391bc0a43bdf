import type { Transferable } from 'node:worker_threads'
import type { Config } from '../config/settings.ts'
import { ChangesToThreads } from '../db/changed-across.ts'
import { bodyLimits } from '../gateway/body/budget.ts'
import { createBodyMemory, SharedBodyBudget } from '../gateway/body/shared-budget.ts'
import { openShared, openSharedBeside } from '../gateway/counters/shared/open.ts'
import { LedgerServer } from '../ledger/across/ledger-server.ts'
import type { ThreadLines } from '../thread/start.ts'
import type { Machine } from './open.ts'

/** What is counted, written and heard of in common, as each thread is given it. Disposing waits for the last of what they tell. */
export type Lines = AsyncDisposable & {
  /** Makes a thread's ends; what is transferred to it is named beside them. */
  open: () => { lines: ThreadLines; transferList: Transferable[] }
  /** Sets right what a thread that has ended left in the middle of something, and gives back what it held. */
  repair: (index: number) => Promise<void>
}

/** @param now milliseconds since the epoch */
export async function openLines(
  { workers, bodyBudgetBytes }: Pick<Config, 'workers' | 'bodyBudgetBytes'>,
  { db, changed, ledger, alerts, webhooks, redis }: Machine,
  now: () => number,
): Promise<Lines> {
  const changes = new ChangesToThreads(changed)
  const server = new LedgerServer({ ...ledger, alerts, webhooks })
  const counters = redis ? openSharedBeside(workers, { ledger }) : await openShared(workers, { db, ledger, now })
  const bodies = createBodyMemory(bodyLimits(bodyBudgetBytes), workers)
  const held = new SharedBodyBudget(bodies, workers)
  const open = new Set<Promise<void>>()
  return {
    open() {
      const line = changes.line()
      const { port, ended } = server.line()
      open.add(ended)
      void ended.then(() => open.delete(ended))
      const far = redis?.lines.open() ?? null
      const lines = { changes: line, ledger: port, counters: counters.memory, redis: far, bodies }
      return { lines, transferList: [line.port, port, ...(far ? [far.port] : [])] }
    },
    repair(index) {
      held.bury(index)
      return counters.threadEnded(index)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(open)
      counters[Symbol.dispose]()
    },
  }
}

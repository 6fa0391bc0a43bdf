import type { Config } from '../config/settings.ts'
import { BodyBudget, bodyLimits } from '../gateway/body/budget.ts'
import type { GateCounters } from '../gateway/counters/make.ts'
import { openThread, type Replaced, type Thread } from '../thread/thread.ts'
import type { Machine } from './open.ts'
import type { Tools } from './tools.ts'

/** The machine's own thread as the only one that serves. */
export function openOwnThread(
  config: Config,
  tools: Tools,
  machine: Machine & { counters: GateCounters },
  replaced: Replaced,
): Promise<Thread> {
  const bodies = new BodyBudget(bodyLimits(config.bodyBudgetBytes))
  const { gateDb } = machine.ledger
  return openThread(config, { ...tools, ...machine, bodies, others: null, gateDb, worksInBackground: true }, replaced)
}

import type { MessagePort } from 'node:worker_threads'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { WebhookDesk } from '../../core/webhook-asked.ts'
import type { GateLedger } from '../gate-ledger.ts'
import { Collected } from './collected.ts'
import { FarOwners } from './far-owners.ts'
import { FarRefusals } from './far-refusals.ts'
import type { ServedLedger } from './ledger-server.ts'
import { LedgerLine } from './line.ts'

export type FarLedgerParts = { log: Pick<Log, 'error'>; metrics: Metrics }

export type FarLedger = GateLedger &
  AsyncDisposable & {
    /** What raises spend alerts there; nobody here waits for it. */
    alerts: ServedLedger['alerts']
    webhooks: WebhookDesk
  }

/**
 * What stands for the ledger in a thread that is not the ledger's own. Disposing hands over all that was collected, once nothing more can
 * come, waits until the ledger has taken it, and closes the channel; the time for it is the caller's to bound.
 * @param port the end that `LedgerServer.line` gave for this thread
 */
export function farLedger(port: MessagePort, { log, metrics }: FarLedgerParts): FarLedger {
  const dropped = (entries: number) => metrics.count('gatehouse_usage_entries_dropped_total', {}, entries)
  const collected = new Collected({ wake: () => line.wake(), dropped, log })
  const line = new LedgerLine(port, { collecting: collected, piece: () => collected.piece() })
  // A thread that ends by an error nobody catches still comes to this.
  const sendRest = () => line.sendRest()
  process.once('exit', sendRest)
  metrics.gauge('gatehouse_usage_buffered', () => collected.rows)
  return {
    usage: collected,
    lastUsed: collected,
    owners: new FarOwners(line, log),
    refusals: new FarRefusals(line),
    refusedByLimits: collected,
    alerts: {
      look: async ({ organizationId, projectId }) => line.tell({ say: 'look', spender: { organizationId, projectId } }),
    },
    webhooks: {
      ask: (asked) => line.ask('webhooks', asked),
      limited: (reached) => line.tell({ say: 'limited', reached }),
    },
    async [Symbol.asyncDispose]() {
      await line.drain()
      process.removeListener('exit', sendRest)
      collected.close()
      line.close()
    },
  }
}

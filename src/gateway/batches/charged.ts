import type { BatchRow } from '../../db/batch.ts'
import { inTransaction } from '../../db/transaction.ts'
import type { Asked } from '../call.ts'
import type { Gate } from '../gate.ts'
import type { Grant } from '../keys/grant.ts'
import { routeOf } from '../routes/match.ts'
import type { Spender } from '../spend/money.ts'
import { BatchCharge } from './charge.ts'
import type { Charging, Need, ResultLine, Settled } from './charging.ts'
import type { LineError } from './line-error.ts'
import { admitBatch, releaseBatch } from './money.ts'
import { settleLines } from './settle.ts'
import { ShownByLines } from './shown.ts'

export type ChargedParts = {
  gate: Gate
  /** See `SettleParts`. */
  byWriter: boolean
  /** See `BatchMoneyParts`. */
  read: (spender: Spender) => Promise<void>
}

/** Batches that count in the limits of enqueued tokens and in the money of who made them. */
export function charged({ gate, byWriter, read }: ChargedParts): Charging {
  const parts = { db: gate.db.write, gate, read, byWriter }
  const spender = ({ organization_id: organizationId, project_id: projectId }: BatchRow) => ({
    organizationId,
    projectId,
  })
  const batchOf = ({ id: batchId, organization_id: organizationId }: BatchRow) => ({ organizationId, batchId })
  return {
    need: ({ rules }: Grant): Need => {
      const charge = new BatchCharge(rules, gate, gate.now())
      return {
        add: (asked: Asked) => charge.add(asked),
        hold: async (batch: BatchRow): Promise<LineError | null> => {
          const { needed } = charge
          return needed && admitBatch(parts, batchOf(batch), rules, needed)
        },
      }
    },
    async settle(batch: BatchRow, lines: readonly ResultLine[], settled: Settled): Promise<boolean> {
      const owner = { ...spender(batch), keyId: batch.key_id, userId: batch.user_id }
      const route = routeOf('POST', batch.endpoint, gate.offers)
      const shown = new ShownByLines(gate, batch, route)
      const which = { ...batchOf(batch), owner, route, upstream: batch.upstream ?? '', shown }
      const isSettled = await settleLines(parts, which, lines, batch, settled)
      if (isSettled) await read(owner)
      return isSettled
    },
    async end(batch: BatchRow): Promise<void> {
      await inTransaction(parts.db, (tx) => releaseBatch(tx, batchOf(batch)))
      await read(spender(batch))
    },
  }
}

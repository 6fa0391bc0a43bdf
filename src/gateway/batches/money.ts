import { type BatchOf, dropHold, findHold, takeHold } from '../../db/batch-held.ts'
import type { Db, Tx } from '../../db/tables.ts'
import { inTransaction } from '../../db/transaction.ts'
import type { Gate } from '../gate.ts'
import { batchWindowsOf } from '../limits/windows.ts'
import type { ProjectRules } from '../rules/index.ts'
import type { Spender } from '../spend/money.ts'
import { overLimit } from '../spend/over-limit.ts'
import type { Needed } from './charge.ts'
import { tokenLimitExceeded } from './enqueued.ts'
import { errorOf, type LineError } from './line-error.ts'
import { readTerms, type Terms, writeTerms } from './terms.ts'

export type BatchMoneyParts = {
  /** The gate's own. */
  db: Db
  gate: Pick<Gate, 'counters' | 'catalogue' | 'now'>
  /**
   * Has whoever counts money here read anew what the database has of a spender, and spend alerts looked at.
   * @throws what the database says
   */
  read: (spender: Spender) => Promise<void>
}

/**
 * Lets a judged batch in, or says why not: its input tokens count as enqueued, and the most that it can cost is set aside, until it has ended. Both
 * stand in its row, and are there after a restart and on every node. One that was let in before is let in.
 * @throws ApiError 503 where money cannot be counted now; what the database says: then nothing was taken
 */
export async function admitBatch(
  parts: BatchMoneyParts,
  batch: BatchOf,
  rules: ProjectRules,
  needed: Needed,
): Promise<LineError | null> {
  const { db, gate, read } = parts
  const { organizationId, projectId } = rules
  const { model, inputTokens, nano } = needed
  await read(rules)
  const money = needed.money && { ...needed.money, nano }
  // Held as a call's is until it stands in the batch's row, so that nobody else has it in between.
  const decision = money && (await gate.counters.take({ windows: [], costs: [], money }))
  if (money !== null && decision !== null && 'short' in decision) return errorOf(overLimit(money, decision.short), null)
  try {
    const { pool, project, organization } = batchWindowsOf(rules, gate.catalogue.current, model.id)
    const held = writeTerms(termsOf(needed, { project: project.key, organization: organization.key }))
    const hold = { ...batch, projectId, project, organization, inputTokens, nano, held }
    const full = await inTransaction(db, (tx) => takeHold(tx, hold))
    if (full !== null)
      return tokenLimitExceeded({ organizationId, projectId, model: model.id, pool }, full, inputTokens)
    await read(rules)
    return null
  } finally {
    if (decision?.taken) gate.counters.settle(decision.taken, [], 0)
  }
}

/** Gives back all that a batch holds, as often as one likes. */
export async function releaseBatch(tx: Tx, batch: BatchOf): Promise<void> {
  for (;;) {
    const row = await findHold(tx, batch)
    if (row === null || row.held === null) return
    const { keys } = readTerms(row.held)
    if (await dropHold(tx, batch, row, [keys.project, keys.organization])) return
  }
}

function termsOf({ model, lines, inputTokens, most }: Needed, keys: Terms['keys']): Terms {
  const used = { lines: 0, inputTokens: 0, outputTokens: 0, images: 0 }
  return { model: model.id, keys, price: model.batchPrice, lines, inputTokens, most, used }
}

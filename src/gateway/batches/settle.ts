import type { UsageEntry } from '../../core/usage-entry.ts'
import { type BatchOf, findHold, type HoldRow, moveHold, type Settled } from '../../db/batch-held.ts'
import { inTransaction } from '../../db/transaction.ts'
import { recordUsage } from '../../db/usage.ts'
import { addSpendOf } from '../../db/usage-batch.ts'
import type { Gate } from '../gate.ts'
import { Stint } from '../stint.ts'
import type { BatchMoneyParts } from './money.ts'
import { type BatchOwner, type Replied, type ReplyLine, settleLine } from './reply.ts'
import type { ShownByLines } from './shown.ts'
import { readTerms, type Terms, writeTerms } from './terms.ts'

export type SettleParts = Omit<BatchMoneyParts, 'gate'> & {
  gate: Pick<Gate, 'tokens' | 'countExcess' | 'failures' | 'now'>
  /** Whether it is kept who has brought what, as where Redis counts: a batch is one who brings. */
  byWriter: boolean
}

/** A batch whose results are settled. @property upstream whose word they are @property shown what of theirs is its project's; null: nothing */
export type SettledBatch = BatchOf & {
  owner: BatchOwner
  route: Replied['route']
  upstream: string
  shown: Pick<ShownByLines, 'ofLine' | 'keep'> | null
}

/**
 * Settles some lines of a batch's results: what they have used and cost is written together with how far its files are settled, so that wherever it
 * ends in between, each line counts once. What is held of the batch shrinks by what was spent: the rest stays for the lines that are to come, and
 * is given back at its end. Lines that failed cost nothing.
 * @param before how far they were settled when the lines were read @param after behind them
 * @returns whether they were settled by this; not where somebody else has settled some meanwhile
 * @throws what the database says; then nothing was settled, or nobody knows it and it is settled again in vain
 */
export async function settleLines(
  parts: SettleParts,
  batch: SettledBatch,
  lines: readonly ReplyLine[],
  before: Settled,
  after: Settled,
): Promise<boolean> {
  const { db, gate } = parts
  const row = await findHold(db, batch)
  if (row === null || row.settled_output !== before.settled_output || row.settled_error !== before.settled_error)
    return false
  const terms = row.held === null ? null : readTerms(row.held)
  const at = gate.now()
  const { entries, nano, excess } = await useOf(lines, terms, { ...batch, tokens: gate.tokens, at })
  // Before it is noted that they are settled: whoever goes on after a crash does it once more.
  await batch.shown?.keep()
  const held = terms && writeTerms(terms)
  const next = { ...after, held, reserved_nano: Math.max(0, row.reserved_nano - nano) }
  if (!(await write(parts, batch, row, next, entries, at))) return false
  if (excess > 0) {
    gate.countExcess.tokens(batch.upstream, excess)
    gate.failures.exceeded(batch.upstream, { model: terms?.model, tokens: excess, batch: batch.batchId })
  }
  return true
}

async function write(
  { db, byWriter }: SettleParts,
  batch: SettledBatch,
  row: HoldRow,
  next: Parameters<typeof moveHold>[3],
  entries: readonly UsageEntry[],
  at: number,
): Promise<boolean> {
  try {
    await inTransaction(db, async (tx) => {
      await recordUsage(tx, entries)
      if (byWriter) await addSpendOf(tx, `${batch.batchId}/results`, Math.floor(at / 1000), entries)
      // Last, since all batches of an organization wait for one another there.
      if (!(await moveHold(tx, batch, row, next))) throw new MovedMeanwhile()
    })
    return true
  } catch (error) {
    if (error instanceof MovedMeanwhile) return false
    throw error
  }
}

class MovedMeanwhile extends Error {}

/** What lines have used, all together. The terms are brought on by each. @param terms null: the batch was let in with none, and costs nothing */
async function useOf(lines: readonly ReplyLine[], terms: Terms | null, replied: Replied) {
  const entries: UsageEntry[] = []
  let [nano, excess] = [0, 0]
  const stint = new Stint()
  for (const line of terms === null ? [] : lines) {
    if (stint.isOver) await stint.giveWay()
    const settled = await settleLine(line, terms as Terms, replied)
    if (settled === null) continue
    entries.push(...settled.entries)
    nano += settled.nano
    excess += settled.excess
  }
  return { entries, nano, excess }
}

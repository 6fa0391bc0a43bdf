import type { UsageEntry } from '../core/usage-entry.ts'
import { spendOf } from './spend.ts'
import { addSpendOfWriter } from './spend-of-writer.ts'
import type { Db } from './tables.ts'
import { inTransaction } from './transaction.ts'
import { recordUsage } from './usage.ts'

/** Which of a writer's batches this is: numbers rise, and one is used again only for the same entries. */
export type BatchName = {
  /** An id that no other writer has had. */
  writer: string
  batch: number
  /** Unix seconds. */
  at: number
  /** Whether it is kept how much of the totals this writer has brought: where somebody counts who is told it by writer. */
  byWriter?: boolean
}

/**
 * Adds a batch of usage exactly once, however often it is asked to. Whoever lost the connection in the middle of a commit
 * cannot know what became of it, so the batch leaves its number in the same transaction: where that is there already, all of
 * it is. A commit that is still under way on a lost connection is waited for, its number being locked.
 */
export async function recordUsageOnce(
  db: Db,
  { writer, batch, at, byWriter = false }: BatchName,
  entries: readonly UsageEntry[],
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const written = await tx
      .insertInto('usage_writer')
      .values({ id: writer, batch, written_at: at })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet({ batch, written_at: at }).where('usage_writer.batch', '<', batch),
      )
      .returning('id')
      .execute()
    if (written.length === 0) return
    await recordUsage(tx, entries)
    if (byWriter) await addSpendOfWriter(tx, writer, spendOf(entries))
  })
}

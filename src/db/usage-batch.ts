import type { UsageEntry } from '../core/usage-entry.ts'
import { spendOf } from './spend.ts'
import { addSpendOfWriter } from './spend-of-writer.ts'
import type { Db } from './tables.ts'
import { inTransaction } from './transaction.ts'
import { recordUsage } from './usage.ts'

/** Which of a writer's batches this is: numbers rise, and one is used again only for the same entries. */
export type BatchName = {
  /** An id that no other writer has had; what begins with an id and a slash writes what the process of that id has used. */
  writer: string
  batch: number
  /** Unix seconds. */
  at: number
  /** Whether it is kept how much of the totals this process has brought: where somebody counts who is told it by writer. */
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
    if (byWriter) await addSpendOf(tx, writer, at, entries)
  })
}

/**
 * Adds to what a process has brought, whichever of its writers this is: it tells Redis itself what it has spent, and under two names that would count
 * twice. The process is known as a writer for as long as there is something of it. A batch that is settled is one who brings, too: nobody tells Redis
 * what it has spent but whoever reads it here.
 * @param writer one that stands among the writers, or whose name is another's and a slash; in a transaction
 */
export async function addSpendOf(tx: Db, writer: string, at: number, entries: readonly UsageEntry[]): Promise<void> {
  const [process = writer] = writer.split('/', 1)
  if (process !== writer) {
    await tx
      .insertInto('usage_writer')
      .values({ id: process, batch: 0, written_at: at })
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ written_at: at }))
      .execute()
  }
  await addSpendOfWriter(tx, process, spendOf(entries))
}

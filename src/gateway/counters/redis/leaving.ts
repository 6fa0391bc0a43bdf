import { forgetSpendOfWriter, spendOfWriter } from '../../../db/spend-of-writer.ts'
import type { Db } from '../../../db/tables.ts'
import { within } from '../../../ledger/within.ts'
import type { Redis } from '../../../redis/connection.ts'
import { nameOf } from './account.ts'
import { amountOf } from './amount.ts'
import { ask, type Joining } from './joining.ts'
import { readingOf } from './reader.ts'

const MOST_MS = 2000
/** Accounts in one script. */
const MOST = 200

/**
 * The end of a process, when it has written all that was used: Redis is told what it has spent, and the database forgets who did. Where Redis is away
 * that stays, for whoever has it next. Takes two seconds at most, and never rejects.
 * @param writer names the process
 */
export async function leaveRedis(redis: Redis, prefix: string, db: Db, writer: string): Promise<void> {
  const partsOf = readingOf(redis, prefix, { writer, spent: async () => [], days: async () => [] })
  const over = new AbortController()
  await within(
    MOST_MS,
    leave(partsOf, db, writer, over.signal).catch(() => {}),
    over,
  )
}

async function leave(
  partsOf: (organizationId: string) => Joining,
  db: Db,
  writer: string,
  over: AbortSignal,
): Promise<void> {
  for (;;) {
    const rows = await spendOfWriter(db, writer)
    if (rows.length === 0) return
    for (const [organizationId, all] of Map.groupBy(rows, ({ organization_id }) => organization_id)) {
      for (let from = 0; from < all.length; from += MOST) {
        const some = all.slice(from, from + MOST)
        const last = some.at(-1)
        if (over.aborted || last === undefined) return
        const spent = some.map(({ month, project_id: projectId, amount_nano }) => [
          ...[nameOf({ month, projectId }), writer],
          ...amountOf(amount_nano),
        ])
        const tell = () => ask(partsOf(organizationId), { spent })
        // The first answer says what the epoch is.
        if ((await tell()) === null && (await tell()) === null) return
        await forgetSpendOfWriter(db, writer, last)
      }
    }
  }
}

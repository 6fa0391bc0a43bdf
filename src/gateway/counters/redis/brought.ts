import type { RedisAccount } from './account.ts'
import { type Amount, amountOf } from './amount.ts'
import type { Source } from './source.ts'

/** Longer than the month that an account is of, and the next. */
const KEPT_MS = 75 * 86_400_000

/**
 * What Redis is told of accounts, as the script has it.
 * @property restore what nobody is known to have brought
 * @property spent by writer
 * @property batches what those hold that have not ended
 */
export type Brought = {
  restore: [name: string, life: string, ...Amount, keptMs: number][]
  spent: [name: string, writer: string, ...Amount][]
  batches: [name: string, ...Amount][]
}

/**
 * What the database has of accounts of one organization.
 * @param lives that they had in Redis before this is called: what was read before an account began there says nothing about it
 */
export async function broughtTo(
  { spent: read }: Source,
  accounts: readonly RedisAccount[],
  lives: readonly string[],
): Promise<Brought> {
  const brought: Brought = { restore: [], spent: [], batches: [] }
  const months = Map.groupBy(accounts.entries(), ([, { id }]) => id.month)
  for (const [month, some] of months) {
    const [, first] = some[0] ?? []
    if (first === undefined) continue
    const ids = some.map(([, { id }]) => id.projectId)
    const rows = Map.groupBy(await read(first.id.organizationId, ids, month), ({ projectId }) => projectId)
    for (const [i, { name, id }] of some) {
      let [unknown, held] = [0n, 0n]
      for (const { writer, nano, isHeld } of rows.get(id.projectId) ?? []) {
        if (isHeld) {
          held = nano
          continue
        }
        unknown += writer === null ? nano : -nano
        if (writer !== null) brought.spent.push([name, writer, ...amountOf(nano)])
      }
      brought.batches.push([name, ...amountOf(held)])
      brought.restore.push([name, lives[i] ?? '', ...amountOf(unknown), KEPT_MS])
    }
  }
  return brought
}

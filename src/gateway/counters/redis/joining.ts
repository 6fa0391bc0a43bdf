import { randomUUID } from 'node:crypto'
import type { Script } from '../../../redis/script.ts'
import type { RedisAccount } from './account.ts'
import type { Amount } from './amount.ts'
import { broughtTo } from './brought.ts'
import type { Asking } from './epoch.ts'
import type { Source } from './source.ts'
import type { Held } from './taken.ts'

export type Joining = {
  script: Script
  asking: Asking
  source: Source
  /** Names this thread. */
  lease: string
}

/** What is held for calls that run, by id. */
export type HeldNow = () => readonly [id: string, held: Held][]

/** Times that Redis may lose everything meanwhile. */
const ATTEMPTS = 5
/** Accounts in one script, and sums of processes that one can have: more of them would hold up all else, and be late. */
const MOST = 200
const MOST_SUMS = 5000

/**
 * Sees to it that Redis has accounts of one organization, in this epoch, with everything that is known of them: what the database has, by who
 * brought it, what this process has settled, and what is held for calls of this thread that run.
 * @param heldNow of those that run, by id, when it is asked
 * @throws Error where Redis or the database cannot be asked
 */
export async function join(parts: Joining, accounts: readonly RedisAccount[], heldNow: HeldNow): Promise<void> {
  for (let from = 0; from < accounts.length; from += MOST) {
    await joinSome(parts, accounts.slice(from, from + MOST), heldNow)
  }
}

async function joinSome(parts: Joining, accounts: readonly RedisAccount[], heldNow: HeldNow): Promise<void> {
  const { asking, source } = parts
  const names = accounts.map(({ name }) => name)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { current: epoch, mark } = asking.epoch
    const before = await asking.run(parts.script, { ...NOTHING, lease: parts.lease, join: names })
    if (before === null) continue
    // What is read of the database from here on is of after this moment of Redis' clock.
    const [since, lives] = before as [number, string[]]
    const readAt = performance.now()
    const brought = await broughtTo(source, accounts, lives).catch((error) => {
      // Where Redis has them, it goes on without the database, and asks it later.
      if (accounts.some(({ joined }) => joined?.epoch !== epoch)) throw error
      return null
    })
    const { restore, spent, batches } = brought ?? { restore: [], spent: [], batches: [] }
    if (spent.length > MOST_SUMS && accounts.length > 1) {
      const middle = Math.ceil(accounts.length / 2)
      await joinSome(parts, accounts.slice(0, middle), heldNow)
      return joinSome(parts, accounts.slice(middle), heldNow)
    }
    const amounts = accounts.map(({ spent }) => spent)
    for (const [i, { name }] of accounts.entries()) spent.push([name, source.writer, ...(amounts[i] ?? NONE)])
    const held = heldNow().map(([id, { amount, project, organization }]) => [
      ...[id, ...amount],
      ...[project.name, organization.name],
    ])
    const after = await ask(parts, { life: randomUUID(), restore, spent, batches, since, held, join: names })
    // Another node has given Redis an account meanwhile, which it had lost.
    if (after === null || after.includes('?')) continue
    for (const [i, account] of accounts.entries()) {
      account.joined = { epoch, mark }
      if (brought) account.readAt = readAt
      account.told(amounts[i] ?? NONE)
    }
    return
  }
  throw new Error('Redis loses what it is given')
}

const NONE: Amount = [0, 0]
const NOTHING = { life: '', restore: [], spent: [], batches: [], since: 0, held: [], days: false, join: [], levels: [] }

/** @returns the lives of those that were to be joined, `?` where it is another than was said; null where the epoch was another one, and nothing was done */
export async function ask(parts: Joining, wanted: object): Promise<string[] | null> {
  const answer = await parts.asking.run(parts.script, { ...NOTHING, lease: parts.lease, ...wanted })
  return answer && (answer[1] as string[])
}

/** Gives Redis the levels of the organization's days, where it has lost them. */
export async function restoreDays(parts: Joining, organizationId: string): Promise<void> {
  const days = await parts.source.days(organizationId)
  const rows = days.map(({ key, level, limit }) => [key.slice(organizationId.length + 1), level, limit])
  await ask(parts, { days: rows })
}

/** Finds out whether Redis still has what it was given: where it has not, the epoch is another one afterwards. */
export async function probe(parts: Joining): Promise<void> {
  await ask(parts, {})
}

/**
 * The levels of some windows, and the limits they were last used under.
 * @returns null where Redis has lost them and was not given them back yet
 * @property atMs by Redis' clock, epoch milliseconds
 */
export async function levelsOf(parts: Joining, names: readonly string[]) {
  const ask = () => parts.asking.run(parts.script, { ...NOTHING, lease: parts.lease, levels: names })
  // Where the epoch was another one, it is known now.
  const answer = (await ask()) ?? (await ask())
  if (answer === null) return null
  const levels = (answer[2] as string[]).map((text) => text.split(' ').map(Number))
  if (levels.length < names.length) return null
  return { atMs: Math.floor(answer[0] / 1000), levels }
}

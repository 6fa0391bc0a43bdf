import type { Script } from '../../../redis/script.ts'
import type { RedisAccount } from './account.ts'
import { amountOf } from './amount.ts'
import type { Asking } from './epoch.ts'
import type { Reading, Source } from './source.ts'
import type { Held } from './taken.ts'

export type Joining = {
  script: Script
  asking: Asking
  source: Source
  /** Names this thread. */
  lease: string
  /** Names the process: what it has spent is told under it, by whichever thread. */
  teller: string
}

type Batches = Reading['batches']

/** Longer than the month that an account is of, and the next. */
const KEPT_MS = 75 * 86_400_000
/** Times that Redis may lose everything meanwhile. */
const ATTEMPTS = 5

/**
 * Sees to it that Redis has accounts of one organization and month, in this epoch, with everything that is known here of
 * them: what the database has, what this process settled that is not in it, and what is held for calls of this thread that run.
 * @param heldNow of those that run, by id, when it is asked
 * @throws Error where Redis or the database cannot be asked
 */
export async function join(
  parts: Joining,
  accounts: readonly RedisAccount[],
  heldNow: () => readonly [id: string, held: Held][],
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const epoch = parts.asking.epoch.current
    const states = await statesOf(parts, accounts)
    const written = states && (await writtenRows(parts.source, accounts, states))
    if (!written) continue
    const amounts = accounts.map(({ spent }) => spent)
    const spent = accounts.map(({ name }, i) => [name, ...(amounts[i] ?? [])])
    const held = heldNow().map(([id, { amount, project, organization }]) => [
      ...[id, ...amount],
      ...[project.name, organization.name],
    ])
    if ((await ask(parts, { written, spent, held })) === null) continue
    for (const [i, account] of accounts.entries()) {
      account.joined = epoch
      account.told(amounts[i] ?? [0, 0])
    }
    return
  }
  throw new Error('Redis loses what it is given')
}

/** For each account which usage Redis has it as of; null: it needs nothing of that from this process. */
async function statesOf(parts: Joining, accounts: readonly RedisAccount[]): Promise<(Batches | null)[] | null> {
  const names = accounts.map(({ name }) => name)
  let states = await ask(parts, { join: names })
  const missing = accounts.filter((_, i) => states?.[i] === '-')
  if (missing.length > 0) {
    states = await ask(parts, { restore: await restoredRows(parts.source, missing), join: names })
  }
  return states === null ? null : states.map((state) => (state === 'd' ? null : JSON.parse(state)))
}

async function restoredRows(source: Source, accounts: readonly RedisAccount[]): Promise<unknown[]> {
  const months = Map.groupBy(accounts, ({ id }) => id.month)
  const rows: unknown[] = []
  for (const [month, some] of months) {
    const [first] = some
    if (first === undefined) continue
    const reading = await source.spent(
      first.id.organizationId,
      some.map(({ id }) => id.projectId),
      month,
    )
    const seen = JSON.stringify(reading.batches)
    for (const { name, id } of some) {
      rows.push([name, ...amountOf(reading.totals.get(id.projectId) ?? 0n), KEPT_MS, seen])
    }
  }
  return rows
}

async function writtenRows(source: Source, accounts: readonly RedisAccount[], states: readonly (Batches | null)[]) {
  const rows: unknown[] = []
  for (const [i, account] of accounts.entries()) {
    const batches = states[i] ?? null
    if (batches !== null) rows.push([account.name, ...amountOf(await source.written(account.id, batches))])
  }
  return rows
}

const namesOf = ({ source: { writer }, lease, teller }: Joining) => ({ writer, lease, teller })

const NOTHING = { restore: [], written: [], spent: [], held: [], days: false, join: [], levels: [] }

/** @returns the states of those that were to be joined; null where the epoch was another one, and nothing was done */
async function ask(parts: Joining, wanted: object): Promise<string[] | null> {
  const answer = await parts.asking.run(parts.script, { ...NOTHING, ...namesOf(parts), ...wanted })
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
  const ask = () => parts.asking.run(parts.script, { ...NOTHING, ...namesOf(parts), levels: names })
  // Where the epoch was another one, it is known now.
  const answer = (await ask()) ?? (await ask())
  if (answer === null) return null
  const levels = (answer[2] as string[]).map((text) => text.split(' ').map(Number))
  if (levels.length < names.length) return null
  return { atMs: Math.floor(answer[0] / 1000), levels }
}

import { sql } from 'kysely'
import { nanoOf, spentOf, WHOLE_ORGANIZATION } from './spend.ts'
import type { Db, Row } from './tables.ts'

/*
 * What batches hold that have not ended. It stands in the row of each, and the sums of all in rows of their own, changed in the same
 * transaction: what decides reads one row for each limit, however many batches there are.
 */

/** A limit on the input tokens that may be enqueued. @property key as the gate calls it @property limit null: none */
export type TokenLimit = { key: string; limit: number | null }

export type BatchOf = { organizationId: string; batchId: string }

/** What a batch is to hold from now on. */
export type Hold = BatchOf & {
  projectId: string
  project: TokenLimit
  organization: TokenLimit
  inputTokens: number
  /** Nano-dollars, a whole number. */
  nano: number
  /** What it was let in with, as the gate writes it. */
  held: string
}

/** Whose limit has no room, and what is enqueued there. Nothing was taken. */
export type TokensFull = { of: 'project' | 'organization'; limit: number; enqueued: number }

const tokensOf = (key: string) => `tokens/${key}`
const moneyOf = (projectId: string) => `money/${projectId}`

/** An amount as two numbers, since it can exceed 2^53. */
const amount = [sql<number>`amount / 1000000000`.as('dollars'), sql<number>`amount % 1000000000`.as('nanos')] as const

/**
 * Takes what a batch needs, or nothing where the tokens are not to be had: however many do so at once, none passes a limit. A
 * batch that holds something already keeps that.
 */
export async function takeHold(tx: Db, hold: Hold): Promise<TokensFull | null> {
  const { batchId, organizationId, projectId, project, organization, inputTokens, nano, held } = hold
  const sums = [tokensOf(project.key), tokensOf(organization.key), moneyOf(projectId), moneyOf(WHOLE_ORGANIZATION)]
  const enqueued = await lockSums(tx, organizationId, sums)
  // Read behind the lock: whoever took it meanwhile has written it down by now.
  const row = await findHold(tx, { organizationId, batchId })
  if (row === null || row.held !== null) return null
  for (const whose of ['project', 'organization'] as const) {
    const { key, limit } = hold[whose]
    const before = Number(enqueued.get(tokensOf(key)) ?? 0n)
    if (limit !== null && before + inputTokens > limit) return { of: whose, limit, enqueued: before }
  }
  await tx
    .updateTable('batch')
    .set({ enqueued_tokens: inputTokens, reserved_nano: nano, held })
    .where('organization_id', '=', organizationId)
    .where('id', '=', batchId)
    .execute()
  await addHeld(tx, hold, [project.key, organization.key], inputTokens, nano)
  return null
}

const columns = ['project_id', 'held', 'enqueued_tokens', 'reserved_nano', 'settled_output', 'settled_error'] as const
export type HoldRow = Pick<Row<'batch'>, (typeof columns)[number]>
/** Up to where the files of a batch's results are settled, in bytes. */
export type Settled = Pick<HoldRow, 'settled_output' | 'settled_error'>

/** What a batch holds; null: there is no such batch. */
export async function findHold(db: Db, { organizationId, batchId }: BatchOf): Promise<HoldRow | null> {
  const row = await db
    .selectFrom('batch')
    .select(columns)
    .where('organization_id', '=', organizationId)
    .where('id', '=', batchId)
    .executeTakeFirst()
  return row ?? null
}

/**
 * Moves a batch's settlement on: what it needs no more is given back.
 * @param before as it was read
 * @returns whether it was still so: what somebody else has settled meanwhile is not settled again
 */
export async function moveHold(
  tx: Db,
  batch: BatchOf,
  before: HoldRow,
  after: Pick<HoldRow, 'held' | 'reserved_nano'> & Settled,
): Promise<boolean> {
  if (!(await replace(tx, batch, before, after))) return false
  const owner = { ...batch, projectId: before.project_id }
  await addHeld(tx, owner, [], 0, after.reserved_nano - before.reserved_nano)
  return true
}

/**
 * Gives back all that a batch holds, when it has ended. One that holds nothing has nothing to give back.
 * @param before as it was read @param keys of the limits that it counts in
 * @returns whether it was still so
 */
export async function dropHold(tx: Db, batch: BatchOf, before: HoldRow, keys: readonly string[]): Promise<boolean> {
  if (!(await replace(tx, batch, before, { held: null, enqueued_tokens: 0, reserved_nano: 0 }))) return false
  const owner = { ...batch, projectId: before.project_id }
  await addHeld(tx, owner, keys, -before.enqueued_tokens, -before.reserved_nano)
  return true
}

async function replace(
  tx: Db,
  { organizationId, batchId }: BatchOf,
  { held, settled_output, settled_error }: HoldRow,
  after: Partial<HoldRow>,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('batch')
    .set(after)
    .where('organization_id', '=', organizationId)
    .where('id', '=', batchId)
    .where('held', held === null ? 'is' : '=', held)
    .where('settled_output', '=', settled_output)
    .where('settled_error', '=', settled_error)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/** Adds to the money that is held of a project what something else holds more, or less: it is held like that of batches. */
export const addHeldMoney = (tx: Db, owner: Pick<Hold, 'organizationId' | 'projectId'>, nano: number): Promise<void> =>
  addHeld(tx, owner, [], 0, nano)

/** Adds to the sums what one batch holds more, or less. */
async function addHeld(
  tx: Db,
  { organizationId, projectId }: Pick<Hold, 'organizationId' | 'projectId'>,
  keys: readonly string[],
  tokens: number,
  nano: number,
): Promise<void> {
  const ofTokens = keys.map((key) => [tokensOf(key), BigInt(tokens)] as const)
  const ofMoney = [projectId, WHOLE_ORGANIZATION].map((id) => [moneyOf(id), BigInt(nano)] as const)
  await addTo(tx, organizationId, [...ofTokens, ...ofMoney])
}

/** What is enqueued of some limits, in tokens; of one that nothing counts in there is nothing. */
export async function enqueuedOf(
  db: Db,
  organizationId: string,
  keys: readonly string[],
): Promise<Map<string, number>> {
  if (keys.length === 0) return new Map()
  const rows = await db
    .selectFrom('batch_held')
    .select(['what', ...amount])
    .where('organization_id', '=', organizationId)
    .where('what', 'in', keys.map(tokensOf))
    .execute()
  const sums = new Map(rows.map((row) => [row.what, Number(nanoOf(row))]))
  return new Map(keys.flatMap((key) => (sums.has(tokensOf(key)) ? [[key, sums.get(tokensOf(key)) ?? 0]] : [])))
}

/** The part of a statement that has the money which batches hold, by project (empty: the organization), as `project_id`. */
export function heldMoney(db: Db, organizationId: string, projectIds: readonly string[]) {
  return db
    .selectFrom('batch_held')
    .select([sql<string>`substr(what, ${sql.lit(moneyOf('').length + 1)})`.as('project_id'), ...amount])
    .where('organization_id', '=', organizationId)
    .where('what', 'in', projectIds.map(moneyOf))
}

/**
 * What was spent in a month by a project (empty: by the organization altogether), and what its batches hold, both as of one moment. Who spent
 * and holds nothing is missing.
 * @param month `2026-11`
 */
export async function findSpentAndHeld(
  db: Db,
  organizationId: string,
  projectIds: readonly string[],
  month: string,
): Promise<Record<'spent' | 'held', Map<string, bigint>>> {
  const rows = await spentOf(db, organizationId, projectIds, month)
    .select(sql<number>`0`.as('is_held'))
    .unionAll(heldMoney(db, organizationId, projectIds).select(sql<number>`1`.as('is_held')))
    .execute()
  const of = (isHeld: number) =>
    new Map(rows.filter((row) => row.is_held === isHeld).map((row) => [row.project_id, nanoOf(row)]))
  return { spent: of(0), held: of(1) }
}

/** Sums that nobody else changes until the transaction ends, in the order of their key, so that two cannot deadlock. */
async function lockSums(tx: Db, organizationId: string, names: readonly string[]): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>()
  for (const what of [...new Set(names)].sort()) {
    const row = await tx
      .insertInto('batch_held')
      .values({ organization_id: organizationId, what, amount: 0n })
      .onConflict((conflict) =>
        conflict.columns(['organization_id', 'what']).doUpdateSet({ amount: sql<bigint>`batch_held.amount` }),
      )
      .returning(amount)
      .executeTakeFirstOrThrow()
    sums.set(what, nanoOf(row))
  }
  return sums
}

async function addTo(tx: Db, organizationId: string, all: readonly (readonly [string, bigint])[]): Promise<void> {
  const sorted = all.toSorted(([a], [b]) => (a < b ? -1 : 1))
  for (const [what, by] of sorted) {
    if (by === 0n) continue
    await tx
      .insertInto('batch_held')
      .values({ organization_id: organizationId, what, amount: by })
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'what'])
          .doUpdateSet({ amount: sql<bigint>`batch_held.amount + excluded.amount` }),
      )
      .execute()
  }
}

import assert from 'node:assert/strict'
import { CompiledQuery, type Expression, type RawBuilder, sql } from 'kysely'
import { grains, type Range, type UsageKind } from '../core/usage.ts'
import { blank, type Dimension, dimensions, type Measure, measures, type UsageEntry } from '../core/usage-entry.ts'
import { batches } from './batches.ts'
import { isPostgres } from './dialect.ts'
import { type Packed, packed } from './packed.ts'
import { addSpend, type Spent, spendOf } from './spend.ts'
import type { Db, Row } from './tables.ts'
import { inTransaction } from './transaction.ts'

type Rollup = Row<'usage_rollup'>

const key = ['organization_id', 'kind', 'grain', 'time', ...dimensions] as const

/**
 * Adds what was used to the sums of its minute, hour and day, and what it cost to the month's totals that spend limits are
 * judged by, all in one transaction. Entries that are alike become one row. Recording an entry twice counts it twice.
 */
export async function recordUsage(db: Db, entries: readonly UsageEntry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = rollUp(entries)
  const spent = spendOf(entries)
  if (db.isTransaction) return add(db, rows, spent)
  await inTransaction(db, (tx) => add(tx, rows, spent))
}

/** In the order of the key, so that two nodes adding to the same rows cannot deadlock. */
function rollUp(entries: readonly UsageEntry[]): Rollup[] {
  const rows = new Map<string, Rollup>()
  for (const entry of entries) {
    const values = measures.map((name) => entry[name] ?? 0)
    for (const value of values) assert.ok(Number.isSafeInteger(value) && value >= 0, `not a whole amount: ${value}`)
    const alike = dimensions.map((name) => entry[name] ?? blank[name])
    for (const grain of grains) {
      const time = Math.floor(entry.at / grain) * grain
      const id = [entry.organization_id, entry.kind, grain, time, ...alike].join('\n')
      const known = rows.get(id)
      if (known) for (const [i, name] of measures.entries()) known[name] += values[i] ?? 0
      else rows.set(id, rowOf(entry, grain, time))
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

function rowOf(entry: UsageEntry, grain: Rollup['grain'], time: number): Rollup {
  const { at: _, ...given } = entry
  return { ...blank, ...given, grain, time }
}

/** The totals come last: an organization's is one row that all nodes add to, held no longer than it must be. */
async function add(tx: Db, rows: readonly Rollup[], spent: readonly Spent[]): Promise<void> {
  for (const some of batches(rows)) {
    const values = some.flatMap((row) => columns.map((name) => row[name]))
    await tx.executeQuery(CompiledQuery.raw(insertOf(tx, some), values))
  }
  await addSpend(tx, spent)
}

const columns = [...key, ...measures] as const
/** By database and number of rows. */
const inserts = new Map<string, string>()

/** The text that adds as many rows: composing it anew for every batch would take longer than all else that is done here for it. */
function insertOf(tx: Db, rows: readonly Rollup[]): string {
  const name = `${isPostgres(tx)} ${rows.length}`
  const known = inserts.get(name)
  if (known !== undefined) return known
  const inOrder = rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])) as Rollup)
  const { sql: text } = tx
    .insertInto('usage_rollup')
    .values(inOrder)
    .onConflict((conflict) => conflict.columns([...key]).doUpdateSet(sums))
    .compile()
  inserts.set(name, text)
  return text
}

const sums = Object.fromEntries(
  measures.map((name) => [name, sql<number>`usage_rollup.${sql.ref(name)} + excluded.${sql.ref(name)}`]),
) as Record<Measure, RawBuilder<number>>

/** The sum of a measure, as a number also where a database would make something wider of it. */
export function total(measure: Measure): RawBuilder<number> {
  return sql<number>`cast(sum(${sql.ref(measure)}) as bigint)`
}

/** The sum of the amounts in two numbers, whole dollars and the nano-dollars beyond them: together they can exceed 2^53. */
export const dollars = sql<number>`${total('amount_nano')} / 1000000000`
export const nanos = sql<number>`${total('amount_nano')} % 1000000000`

/** What a dimension must be one of. */
export type UsageFilter = { dimension: Dimension; values: readonly (string | number)[] }

export type UsageQuery<S> = {
  organizationId: string
  kind: UsageKind
  ranges: readonly Range[]
  /** Whether the ranges' rows are summed for each of their times. */
  byTime: boolean
  groupBy: readonly Dimension[]
  filters: readonly UsageFilter[]
  select: S
  /** Only groups behind this one, named by its dimensions in the order of `groupBy`. */
  after?: readonly (string | number)[] | null
  /** Groups, at most. */
  limit?: number
}

/** A group's dimensions, its time where they were asked for, and what was selected of it. */
export type UsageGroup<S> = Partial<Pick<Rollup, Dimension | 'time'>> & {
  [K in keyof S]: S[K] extends Expression<infer T> ? T : never
}

/**
 * Sums of what was used, in the order of time and dimensions. Nothing used, no row. Where the groups begin with the API key, the
 * rows are read in the order of the key, and no further than the limit.
 */
export function sumUsage<S extends Record<string, RawBuilder<unknown>>>(
  db: Db,
  { organizationId, kind, ranges, byTime, groupBy, filters, select, after, limit }: UsageQuery<S>,
): Promise<Packed<UsageGroup<S>>> {
  const columns: (Dimension | 'time')[] = byTime ? ['time', ...groupBy] : [...groupBy]
  let rows = db
    .selectFrom('usage_rollup')
    .select(columns)
    .select(Object.entries(select).map(([name, expression]) => expression.as(name)))
    .where('organization_id', '=', organizationId)
    .where('kind', '=', kind)
    .where((eb) =>
      eb.or(
        ranges.map(({ grain, from, to }) =>
          eb.and([eb('grain', '=', grain), eb('time', '>=', from), eb('time', '<', to)]),
        ),
      ),
    )
  for (const { dimension, values } of filters) rows = rows.where(dimension, 'in', [...values])
  if (after && groupBy.length > 0) {
    const place = [sql.join(groupBy.map((name) => sql.ref(name))), sql.join([...after])]
    rows = rows.where(sql<boolean>`(${place[0]}) > (${place[1]})`)
  }
  for (const column of columns) rows = rows.groupBy(column).orderBy(column)
  // Ungrouped, SQL makes a row of nulls out of nothing.
  if (columns.length === 0) rows = rows.having(sql`count(*)`, '>', 0)
  if (limit !== undefined) rows = rows.limit(limit)
  return packed(db, rows, [...columns, ...Object.keys(select)], columns)
}

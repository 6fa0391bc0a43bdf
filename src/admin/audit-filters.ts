import { type SelectQueryBuilder, sql } from 'kysely'
import type { auditLogs as routes } from '../contract/audit-logs.ts'
import type { Of } from '../contract/route.ts'
import { isId } from '../core/id.ts'
import type { Db, Tables } from '../db/tables.ts'
import { emailKey } from './users.ts'

export type Filters = Of<(typeof routes)['list']['query']>

/** Where in the order of the log an event stands. */
export type Place = { at: number; id: string }

/** The part of the log that is asked for: the organization, the times, and what lies between two places. */
export type Stretch = Pick<Filters, 'effective_at'> & {
  organizationId: string
  after: Place | null
  before: Place | null
}

/** A column with an index of its own in the order of the log, and a value of it: with that, one range of the index. */
type Range = {
  column: 'resource_id' | 'actor_key_id' | 'actor_id' | 'actor_email_key' | 'project_id' | 'type'
  value: string
}
/** An event passes a filter by standing in one of its ranges. */
type Filter = readonly Range[]

/** Of so many events it does not matter any more how many there are. */
const MANY = 500

type Log = Tables & { e: Tables['audit_log'] }

/**
 * The events of a stretch that pass every filter, as ranges of indexes: those of the filter that the fewest events pass, each
 * looked at for the other filters. One statement where there are several filters.
 * @returns no range where nothing can pass
 */
export async function rangesOf(db: Db, stretch: Stretch, query: Filters) {
  const filters = filtersOf(query)
  const all = within(db, stretch).select(['e.id', 'e.effective_at'])
  const [chosen, ...others] = filters.length < 2 ? filters : await fewestFirst(db, stretch, filters)
  if (chosen === undefined) return [all]
  const wanted = others.reduce((rows, filter) => rows.where((eb) => eb.or(passing(filter))), all)
  return chosen.map(({ column, value }) => wanted.where(`e.${column}`, '=', value as never))
}

/**
 * In a form that no index is chosen by: one filter's index is read, and the others look at what it finds. One condition for a
 * column and not one for each value: it stands in every range, and SQLite thinks for seconds about a hundred in each of a hundred.
 */
function passing(filter: Filter) {
  return [...Map.groupBy(filter, ({ column }) => column)].map(([column, ranges]) => {
    const its = sql.ref(`e.${column}`)
    return sql<boolean>`coalesce(${its}, ${its}) in (${sql.join(ranges.map(({ value }) => value))})`
  })
}

/** In an order that is good where many pass all of them: what says most about an event first. */
function filtersOf(query: Filters): Filter[] {
  const of = (column: Range['column'], values: readonly string[]) =>
    [...new Set(values)].map((value): Range => ({ column, value }))
  // An id says by its form where to look.
  const actors = query.actor_ids?.map((id) => of(isId('key', id) ? 'actor_key_id' : 'actor_id', [id]))
  return [
    query.resource_ids && of('resource_id', query.resource_ids),
    actors?.flat(),
    query.actor_emails && of('actor_email_key', query.actor_emails.map(emailKey)),
    query.project_ids && of('project_id', query.project_ids),
    query.event_types && of('type', query.event_types),
  ].filter((filter) => filter !== undefined)
}

/** The filters, the one that the fewest events pass first. */
async function fewestFirst(db: Db, stretch: Stretch, filters: readonly Filter[]): Promise<Filter[]> {
  const counts = filters.flatMap((filter, i) =>
    filter.map(({ column, value }) => {
      const range = within(db, stretch)
        .select('e.id')
        .where(`e.${column}`, '=', value as never)
      // In the order of the index, or PostgreSQL would rather go through the table for what it takes to be common.
      const some = range.orderBy('e.effective_at', 'desc').orderBy('e.id', 'desc').limit(MANY)
      return db
        .selectFrom(some.as('some'))
        .select(({ fn, lit }) => [lit(i).as('filter'), fn.countAll<number>().as('events')])
    }),
  )
  const [first, ...others] = counts
  const rows = first ? await others.reduce((all, one) => all.unionAll(one), first).execute() : []
  const passing = filters.map((_, i) =>
    rows.filter((row) => Number(row.filter) === i).reduce((sum, { events }) => sum + Number(events), 0),
  )
  const fewest = passing.indexOf(Math.min(...passing))
  return [...filters.slice(fewest, fewest + 1), ...filters.filter((_, i) => i !== fewest)]
}

function within(
  db: Db,
  { organizationId, effective_at, after, before }: Stretch,
): SelectQueryBuilder<Log, 'e', object> {
  const { gt, gte, lt, lte } = effective_at ?? {}
  let rows = db.selectFrom('audit_log as e').where('e.organization_id', '=', organizationId)
  if (gt !== undefined) rows = rows.where('e.effective_at', '>', gt)
  if (gte !== undefined) rows = rows.where('e.effective_at', '>=', gte)
  if (lt !== undefined) rows = rows.where('e.effective_at', '<', lt)
  if (lte !== undefined) rows = rows.where('e.effective_at', '<=', lte)
  if (after) rows = rows.where(sql<boolean>`(e.effective_at, e.id) < (${after.at}, ${after.id})`)
  if (before) rows = rows.where(sql<boolean>`(e.effective_at, e.id) > (${before.at}, ${before.id})`)
  return rows
}

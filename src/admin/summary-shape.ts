import type { RawBuilder } from 'kysely'
import type { Route } from '../contract/route.ts'
import type { UsageKind } from '../core/usage.ts'
import type { Measure } from '../core/usage-entry.ts'
import type { Db } from '../db/tables.ts'
import type { InTurn } from './handlers.ts'
import type { Filters } from './report-query.ts'
import type { GroupBy, PeriodQuery } from './summary-query.ts'
import type { Sums } from './usage-series.ts'

/** What a summary is asked with. */
export type SummaryQuery = PeriodQuery & Filters & { group_by: GroupBy; include_previous_period: boolean }

/** What it needs of its call. */
export type SummaryCall = {
  db: Db
  now: number
  caller: { organizationId: string }
  query: SummaryQuery
  inTurn: InTurn
}

/** What tells one summary from another. */
export type SummaryShape = {
  route: Route
  object: string
  of: 'usage' | 'costs'
  kinds: readonly [UsageKind, ...UsageKind[]]
  measures: readonly Measure[]
  select: Record<string, RawBuilder<number>>
  /** The measures of which the most counts, and how much of them some sums have. */
  rank: { of: readonly Measure[]; weight: (sums: Sums) => bigint }
  /** What is told of sums. */
  view: (sums: Sums) => object
}

import {
  costsSummary as costsRoutes,
  projectCostsSummary as projectCostsRoutes,
  projectUsageSummary as projectUsageRoutes,
  usageSummary as usageRoutes,
} from '../contract/usage-summary.ts'
import { NANOS } from '../core/money.ts'
import { dollars, nanos, total } from '../db/usage.ts'
import type { Handlers } from './handlers.ts'
import type { SummaryShape } from './summary-shape.ts'
import { amountView } from './usage.ts'
import { summary } from './usage-summary.ts'

const counts = ['input_tokens', 'input_cached_tokens', 'output_tokens', 'num_model_requests'] as const
/** What the most can be of: one of what is counted, or input and output together. */
type RankBy = 'tokens' | (typeof counts)[number]

/** Requests to models are of all reports that count them. Those that a tool made are among them already. */
const used = {
  object: 'organization.usage.summary',
  of: 'usage',
  kinds: ['completions', 'decisions', 'embeddings', 'moderations', 'images', 'audio_speeches', 'audio_transcriptions'],
  measures: counts,
  select: Object.fromEntries(counts.map((name) => [name, total(name)])),
  // What is told of it is what was read.
  view: (sums) => sums,
} satisfies Partial<SummaryShape>

const rankedBy = (by: RankBy) => {
  const of = by === 'tokens' ? (['input_tokens', 'output_tokens'] as const) : [by]
  return { of, weight: (sums: Record<string, number>) => of.reduce((sum, name) => sum + BigInt(sums[name] ?? 0), 0n) }
}

/** What costs are told of; of which route is left out. */
export const spent = {
  object: 'organization.costs.summary',
  of: 'costs',
  kinds: ['costs'],
  measures: ['amount_nano'],
  select: { dollars, nanos },
  rank: {
    of: ['amount_nano'],
    weight: ({ dollars = 0, nanos = 0 }) => BigInt(dollars) * BigInt(NANOS) + BigInt(nanos),
  },
  // Whole dollars and the rest were added up each for itself: rounding is the last step.
  view: ({ dollars = 0, nanos = 0 }) => ({
    amount: amountView({ dollars: dollars + Math.floor(nanos / NANOS), nanos: nanos % NANOS }),
  }),
} satisfies Partial<SummaryShape>

export const usageSummary: Handlers<typeof usageRoutes> = {
  retrieve: (call) => summary(call, { ...used, route: usageRoutes.retrieve, rank: rankedBy(call.query.rank_by) }, null),
}

export const costsSummary: Handlers<typeof costsRoutes> = {
  retrieve: (call) => summary(call, { ...spent, route: costsRoutes.retrieve }, null),
}

export const projectUsageSummary: Handlers<typeof projectUsageRoutes> = {
  retrieve: (call) => {
    const shape = { ...used, route: projectUsageRoutes.retrieve, rank: rankedBy(call.query.rank_by) }
    return summary(call, shape, call.project.id)
  },
}

export const projectCostsSummary: Handlers<typeof projectCostsRoutes> = {
  retrieve: (call) => summary(call, { ...spent, route: projectCostsRoutes.retrieve }, call.project.id),
}

import { type Static, type TSchema, Type } from './json-schema.ts'
import { get, ours } from './route.ts'
import { Const, Enum, Nullable, Query, Time } from './schema.ts'
import { Amount, Moment, ofModels, ofOwners, Wanted } from './usage.ts'

type Fields = Record<string, TSchema>

const Count = (description: string) => Type.Integer({ description })
/** What was used, and what it cost. */
const used = {
  input_tokens: Count('All input tokens, cached ones included.'),
  input_cached_tokens: Count('Of those, read from a cache.'),
  output_tokens: Count('All output tokens.'),
  num_model_requests: Count('Requests to models.'),
}
const spent = { amount: Amount }

const sums = <F extends Fields>(figures: F) => ({
  total: Type.Object(figures),
  buckets: Type.Array(Type.Object(figures), { description: 'Of each bucket of the period, in their order.' }),
})
const Period = <F extends Fields>(figures: F) =>
  Type.Object({
    start_time: Time,
    end_time: Time,
    ...sums(figures),
    groups: Type.Array(
      Type.Object({
        id: Nullable(Type.String({ description: 'What it is grouped by; null: it names none.' })),
        name: Nullable(Type.String({ description: 'What it is called, or its address; null: nobody knows any more.' })),
        status: Enum(['active', 'archived', 'deleted'], { description: 'Whether it is still there.' }),
        ...sums(figures),
      }),
      { description: 'The twenty with the most in the period that was asked for, most first.' },
    ),
    others: Nullable(Type.Object(sums(figures), { description: 'The sum of all others; null: there are none.' })),
  })
const Summary = <const O extends string, F extends Fields>(object: O, figures: F) => {
  const period = Period(figures)
  return Type.Object({
    object: Const(object),
    bucket_width: Type.String(),
    group_by: Type.String(),
    period,
    previous_period: Nullable(period),
  })
}
export const UsageSummary = Summary('organization.usage.summary', used)
export type UsageSummary = Static<typeof UsageSummary>
export const CostsSummary = Summary('organization.costs.summary', spent)
export type CostsSummary = Static<typeof CostsSummary>

const asked = <G extends TSchema>(group_by: G) => ({
  start_time: Moment('Where the period starts: with the bucket that this is in.'),
  end_time: Type.Optional(
    Moment('Where it ends: with the last bucket that begins before this. Omitted: with the bucket that is now.'),
  ),
  bucket_width: Enum(['1m', '1h', '1d'], {
    default: '1d',
    description: 'How long a bucket is. Of 1d there are at most 366, of 1h 744, of 1m 1440.',
  }),
  group_by,
  include_previous_period: Type.Boolean({
    default: false,
    description: 'Whether the same groups are also told of the period before, which is as long.',
  }),
})
const grouped = {
  default: 'model' as const,
  description:
    'Whose sums are told. By users is what people used alone, by service accounts what those did; by batch what lines of batches used (`true`) and all other calls (`false`).',
}
const groups = ['model', 'api_key_id', 'user_id', 'service_account_id', 'batch'] as const
const ranked = {
  rank_by: Enum(['tokens', 'input_tokens', 'input_cached_tokens', 'output_tokens', 'num_model_requests'], {
    default: 'tokens',
    description: 'Of what the most counts. Tokens: input and output.',
  }),
}
const withItems = { line_items: Wanted('Only what was paid for these, by their exact names: `m1, input_tokens`.') }
const { project_ids: _, ...ofOwn } = ofOwners
const { models } = ofModels

const why = 'The original adds reports up on its web site only: a page over many keys would read all of them.'
const facts = { permission: 'api.usage.read', inParts: true } as const
/** Who manages a project sees what it uses. */
const factsOfProject = { permission: 'api.management.read', inParts: true } as const

export const usageSummary = ours(why, {
  retrieve: get('/v1/organization/usage/summary', {
    ...facts,
    summary: 'Sum up tokens and requests of the twenty who used most, and of all others',
    query: Query({ ...asked(Enum([...groups, 'project_id'], grouped)), ...ranked, ...ofModels }),
    reply: UsageSummary,
  }),
})
export const costsSummary = ours(why, {
  retrieve: get('/v1/organization/costs/summary', {
    ...facts,
    summary: 'Sum up what the twenty spent who spent most, and what all others did',
    query: Query({ ...asked(Enum([...groups, 'project_id', 'line_item'], grouped)), ...ofOwners, ...withItems }),
    reply: CostsSummary,
  }),
})
export const projectUsageSummary = ours(why, {
  retrieve: get('/v1/organization/projects/:project_id/usage/summary', {
    ...factsOfProject,
    summary: 'Sum up tokens and requests of a project, of the twenty who used most, and of all others',
    query: Query({ ...asked(Enum([...groups], grouped)), ...ranked, ...ofOwn, models }),
    reply: UsageSummary,
  }),
})
export const projectCostsSummary = ours(why, {
  retrieve: get('/v1/organization/projects/:project_id/costs/summary', {
    ...factsOfProject,
    summary: 'Sum up what a project spent: the twenty who spent most, and all others',
    query: Query({ ...asked(Enum([...groups, 'line_item'], grouped)), ...ofOwn, ...withItems }),
    reply: CostsSummary,
  }),
})

import { call } from '../../api/call.ts'
import type { Reply } from '../../api/operations.ts'
import { seen } from '../../patterns/names.ts'
import type { UsageView } from '../../routes/views.ts'
import type { Window } from './window.ts'

export type Measure = NonNullable<UsageView['measure']>
export type By = NonNullable<UsageView['by']>
/** What is asked of whom: of the organization, of one project that the view names, or of a project by whom that is theirs. */
export type Asked = { measure: Measure; by: By; compare: boolean; project: string | undefined; own: string | undefined }

type Period =
  | Reply<'GET /v1/organization/usage/summary'>['period']
  | Reply<'GET /v1/organization/costs/summary'>['period']
export type Figures = Period['total']

/** One of those who used something, or all others as one: its amounts are what is measured, one for each bucket. */
export type Group = {
  key: string
  name: string
  status: 'active' | 'archived' | 'deleted'
  isRest: boolean
  figures: Figures
  total: number
  amounts: number[]
  /** In the period before; null where it was not asked for. */
  before: number | null
}
export type Told = {
  /** When each bucket begins. */
  buckets: number[]
  total: number
  before: { total: number; amounts: number[] } | null
  groups: Group[]
}

export const dimensions = {
  model: 'model',
  key: 'api_key_id',
  user: 'user_id',
  account: 'service_account_id',
  project: 'project_id',
  batch: 'batch',
} as const

/** What the server says, as it is shown. @throws CallError */
export async function told(asked: Asked, window: Window, signal: AbortSignal): Promise<Told> {
  const { measure } = asked
  const { period, previous_period } = await summaryOf(asked, window, signal)
  const amountsOf = (figures: readonly Figures[]) => figures.map((one) => amountOf(measure, one))
  const rest = period.others && { id: 'rest', name: 'All others', status: 'active' as const, ...period.others }
  const before = previous_period && [
    ...previous_period.groups.map(({ total }) => amountOf(measure, total)),
    ...(previous_period.others ? [amountOf(measure, previous_period.others.total)] : []),
  ]
  const groups = [...period.groups, ...(rest ? [rest] : [])].map(
    ({ id, name, status, total, buckets }, i): Group => ({
      key: i === period.groups.length ? 'rest' : `of ${id}`,
      name: seen(name ?? id ?? 'None'),
      status,
      isRest: i === period.groups.length,
      figures: total,
      total: amountOf(measure, total),
      amounts: amountsOf(buckets),
      before: before && (before[i] ?? 0),
    }),
  )
  return {
    buckets: period.buckets.map((_, i) => window.start + i * window.width),
    total: amountOf(measure, period.total),
    before: previous_period && {
      total: amountOf(measure, previous_period.total),
      amounts: amountsOf(previous_period.buckets),
    },
    groups,
  }
}

async function summaryOf({ measure, by, compare, project, own }: Asked, window: Window, signal: AbortSignal) {
  const common = {
    ...{ start_time: window.start, end_time: window.end, bucket_width: window.bucket },
    include_previous_period: compare,
  }
  const rank_by = measure === 'requests' ? ('num_model_requests' as const) : ('tokens' as const)
  if (own === undefined) {
    const query = { ...common, group_by: dimensions[by], project_ids: project === undefined ? undefined : [project] }
    return measure === 'money'
      ? call('GET /v1/organization/costs/summary', { query }, signal)
      : call('GET /v1/organization/usage/summary', { query: { ...query, rank_by } }, signal)
  }
  const query = { ...common, group_by: by === 'project' ? dimensions.model : dimensions[by] }
  const params = { project_id: own }
  return measure === 'money'
    ? call('GET /v1/organization/projects/:project_id/costs/summary', { params, query }, signal)
    : call('GET /v1/organization/projects/:project_id/usage/summary', { params, query: { ...query, rank_by } }, signal)
}

function amountOf(measure: Measure, figures: Figures): number {
  if ('amount' in figures) return figures.amount.value
  return measure === 'requests' ? figures.num_model_requests : figures.input_tokens + figures.output_tokens
}

import { until } from '../gateway/upstream.ts'
import type { TestApp } from '../support/harness.ts'
import { models } from './plan.ts'
import { NANO_PER_CENT, PRICES, PROBE, PROBE_PRICE, type Project, type Stage } from './stage.ts'

/** What calls have used, of one key or of all. */
export type Sum = {
  requests: number
  input: number
  output: number
  /** Tokens that the usage reports say, and those that only the costs do. */
  told: number
  untold: number
  nano: bigint
}
const none = (): Sum => ({ requests: 0, input: 0, output: 0, told: 0, untold: 0, nano: 0n })
const plus = (sum: Sum, more: Partial<Sum>): Sum => ({
  requests: sum.requests + (more.requests ?? 0),
  input: sum.input + (more.input ?? 0),
  output: sum.output + (more.output ?? 0),
  told: sum.told + (more.told ?? 0),
  untold: sum.untold + (more.untold ?? 0),
  nano: sum.nano + (more.nano ?? 0n),
})
export const total = (sums: Iterable<Sum>): Sum => [...sums].reduce(plus, none())

/** Waits until nothing runs and all is written; what does not come to its end is a difference, and is said in words. */
export async function comesToRest({ app }: Stage, differences: string[]): Promise<void> {
  const gauges = {
    gatehouse_requests_in_flight: 1,
    gatehouse_body_bytes: 0,
    gatehouse_calls_settling: 0,
    gatehouse_usage_buffered: 0,
  }
  for (const [gauge, rest] of Object.entries(gauges)) {
    await until(async () => (await app.metric(gauge)) === rest, gauge, 20_000).catch(async () => {
      differences.push(`${gauge} stays at ${await app.metric(gauge)}, not ${rest}`)
    })
  }
  const lost = await app.metric('gatehouse_usage_entries_dropped_total')
  if (lost !== 0) differences.push(`${lost} entries of usage were dropped`)
}

type Row = { api_key_id: string }
type Requests = Row & { requests: number; tokens: number }
type Cost = Row & { line_item: string; units: number; nano: bigint }

/** What was written of calls, by the key. */
export async function metered({ app, projects }: Stage): Promise<Map<string, Sum>> {
  const rows = await app.db
    .selectFrom('usage_rollup')
    .select(['kind', 'api_key_id', 'line_item', 'units', 'amount_nano'])
    .select(['num_model_requests', 'input_tokens', 'output_tokens'])
    .where('project_id', 'in', idsOf(projects))
    .where('grain', '=', 60)
    .execute()
  return summed(
    rows
      .filter(({ kind }) => kind !== 'costs')
      .map((row) => ({ ...row, requests: row.num_model_requests, tokens: row.input_tokens + row.output_tokens })),
    rows.filter(({ kind }) => kind === 'costs').map((row) => ({ ...row, nano: BigInt(row.amount_nano) })),
  )
}

const idsOf = (projects: readonly Project[]) => projects.map(({ id }) => id)
const reports = ['completions', 'embeddings', 'moderations', 'images', 'audio_transcriptions'] as const

/** The same as the reports of the API have it. */
export async function reported(stage: Stage): Promise<Map<string, Sum>> {
  const requests: Requests[] = []
  for (const report of reports) {
    for (const row of await resultsOf(stage, `usage/${report}`, 'api_key_id')) {
      const { api_key_id, num_model_requests = 0, input_tokens = 0, output_tokens = 0 } = row
      requests.push({ api_key_id, requests: num_model_requests, tokens: input_tokens + output_tokens })
    }
  }
  const costs = await resultsOf(stage, 'costs', 'api_key_id', 'line_item')
  const nano = ({ amount }: Result) => BigInt(Math.round(Number(amount?.value ?? 0) * 1e9))
  return summed(
    requests,
    costs.map((row) => ({ ...row, units: row.quantity ?? 0, nano: nano(row) })),
  )
}

/** All tokens stand in the costs; those of images and recordings in no report besides. */
function summed(requests: readonly Requests[], costs: readonly Cost[]): Map<string, Sum> {
  const sums = new Map<string, Sum>()
  const plusFor = (keyId: string, more: Partial<Sum>) => sums.set(keyId, plus(sums.get(keyId) ?? none(), more))
  for (const { api_key_id, requests: count, tokens } of requests) plusFor(api_key_id, { requests: count, told: tokens })
  for (const { api_key_id, line_item, units, nano } of costs) {
    const [model, what] = line_item.split(', ')
    const price = what === 'output_tokens' ? PRICES.output : what === 'input_tokens' ? PRICES.input : PRICES.cached
    if (nano !== BigInt(units * price)) throw new Error(`${units} of ${line_item} cost ${nano} nano-dollars`)
    const isOther = model === models.other
    plusFor(api_key_id, { [what === 'output_tokens' ? 'output' : 'input']: units, nano, untold: isOther ? units : 0 })
  }
  return sums
}

type Result = {
  api_key_id: string
  line_item: string
  quantity?: number
  num_model_requests?: number
  input_tokens?: number
  output_tokens?: number
  amount?: { value: string | number }
}

async function resultsOf({ app, projects }: Stage, report: string, ...groups: string[]): Promise<Result[]> {
  const start_time = String(Math.floor(Date.now() / 86_400_000) * 86_400 - 86_400)
  const query = new URLSearchParams([
    ...[
      ['start_time', start_time],
      ['bucket_width', '1d'],
      ['limit', '3'],
    ],
    ...groups.map((group) => ['group_by[]', group]),
    ...idsOf(projects).map((id) => ['project_ids[]', id]),
  ])
  const { status, text, body } = await app.send('GET', `/v1/organization/${report}?${query}`)
  if (status !== 200 || body.has_more) throw new Error(`${report}: ${text}`)
  return body.data.flatMap(({ results }: { results: Result[] }) => results)
}

/** Nano-dollars that were spent, as spend limits have it: of each project, and of the organization at `''`. */
export async function spent(app: TestApp): Promise<Map<string, bigint>> {
  const rows = await app.db
    .selectFrom('spend_total')
    .select(['project_id', ({ cast, ref }) => cast<string>(ref('amount_nano'), 'text').as('nano')])
    .execute()
  const sums = new Map<string, bigint>()
  for (const { project_id, nano } of rows) sums.set(project_id, (sums.get(project_id) ?? 0n) + BigInt(nano))
  return sums
}

/** Asks for all that must be left of a project's money, and for one token more. @returns what is not as it must be */
export async function leftOf({ app, organizationCents }: Stage, project: Project, all: bigint, own: bigint) {
  const limits = [BigInt(organizationCents * NANO_PER_CENT) - all]
  if (project.cents !== null) limits.push(BigInt(project.cents * NANO_PER_CENT) - own)
  const rest = limits.reduce((a, b) => (a < b ? a : b))
  if (rest < 0n) return [`project ${project.id} has spent ${-rest} nano-dollars more than its limit`]
  const tokens = Number(rest) / PROBE_PRICE
  const ask = async (max_completion_tokens: number) => {
    const body = { model: PROBE, messages: [{ role: 'user', content: '?' }], max_completion_tokens }
    const key = project.keys[0]?.value ?? ''
    return (await app.send('POST', '/v1/chat/completions', { key, body })).status
  }
  const differences: string[] = []
  if ((await ask(tokens + 1)) !== 429)
    differences.push(`project ${project.id} gets more than the ${rest} that are left`)
  if (rest > 0n && (await ask(tokens)) !== 200)
    differences.push(`project ${project.id} does not get the ${rest} that are left`)
  return differences
}

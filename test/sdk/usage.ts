import assert from 'node:assert/strict'
import type { UsageEntry } from '../../src/core/usage-entry.ts'
import { recordUsage } from '../../src/db/usage.ts'
import { newOrganization } from '../contract/organizations.ts'
import { refusal, type Scenario, type World } from './scenario.ts'

const DAY = 86_400
/** A Monday, 00:00 UTC. */
const start_time = 1_790_553_600
const end_time = start_time + 2 * DAY

type Report = keyof World['admin']['usage']
type Use = Omit<UsageEntry, 'organization_id' | 'at' | 'project_id' | 'user_id' | 'api_key_id' | 'model'>
type Driven = {
  /** What the results are called. */
  object: string
  used: Use
  /** What a result says of it, and of twice as much. */
  measured: [object, object]
}

const requests = (count: number) => ({ num_model_requests: count })
const tokens = { input_tokens: 10, input_cached_tokens: 4, output_tokens: 3, ...requests(1) }
const moreTokens = { input_tokens: 20, input_cached_tokens: 8, input_uncached_tokens: 12, output_tokens: 6 }
const measuredTokens: Driven['measured'] = [
  { ...tokens, input_uncached_tokens: 6, output_text_tokens: 3 },
  { ...moreTokens, ...requests(2), output_text_tokens: 6 },
]
const input: Driven['measured'] = [
  { input_tokens: 5, ...requests(1) },
  { input_tokens: 10, ...requests(2) },
]
const counted = (name: string, count: number, more: (times: number) => object = () => ({})): Driven['measured'] => [
  { [name]: count, ...more(1) },
  { [name]: 2 * count, ...more(2) },
]
const cost = (value: number) => ({ amount: { value, currency: 'usd' } })

const reports: Record<Report, Driven> = {
  completions: { object: 'usage.completions', used: { kind: 'completions', ...tokens }, measured: measuredTokens },
  decisions: { object: 'usage.decisions', used: { kind: 'decisions', ...tokens }, measured: measuredTokens },
  embeddings: {
    object: 'usage.embeddings',
    used: { kind: 'embeddings', input_tokens: 5, ...requests(1) },
    measured: input,
  },
  moderations: {
    object: 'usage.moderations',
    used: { kind: 'moderations', input_tokens: 5, ...requests(1) },
    measured: input,
  },
  images: {
    object: 'usage.images',
    used: { kind: 'images', units: 3, ...requests(1) },
    measured: counted('images', 3, requests),
  },
  audioSpeeches: {
    object: 'usage.audio_speeches',
    used: { kind: 'audio_speeches', units: 70, ...requests(1) },
    measured: counted('characters', 70, requests),
  },
  audioTranscriptions: {
    object: 'usage.audio_transcriptions',
    used: { kind: 'audio_transcriptions', units: 9, ...requests(1) },
    measured: counted('seconds', 9, requests),
  },
  vectorStores: {
    object: 'usage.vector_stores',
    used: { kind: 'vector_stores', units: 1024 },
    measured: counted('usage_bytes', 1024),
  },
  codeInterpreterSessions: {
    object: 'usage.code_interpreter_sessions',
    used: { kind: 'code_interpreter_sessions', units: 4 },
    measured: counted('num_sessions', 4),
  },
  fileSearchCalls: {
    object: 'usage.file_searches',
    used: { kind: 'file_search_calls', units: 2 },
    measured: counted('num_requests', 2),
  },
  webSearchCalls: {
    object: 'usage.web_searches',
    used: { kind: 'web_search_calls', units: 2, ...requests(1) },
    measured: counted('num_requests', 2, requests),
  },
  costs: {
    object: 'costs',
    used: { kind: 'costs', line_item: 'm1, input_tokens', amount_nano: 60_000_001 },
    measured: [cost(0.060000001), cost(0.120000002)],
  },
}

/** Uses the same in two projects, and asks for it whole, of one project, grouped by project, and page by page. */
async function drive({ app, admin, organization }: World, name: Report) {
  const { object, used, measured } = reports[name]
  const [once, twice] = measured
  const own = { organization_id: organization.id, user_id: organization.ownerId, api_key_id: 'key_a', model: 'm1' }
  const at = start_time + 70
  const [first, second] = [organization.defaultProjectId, (await admin.projects.create({ name: 'second' })).id]
  await recordUsage(app.db, [
    { ...own, ...used, at, project_id: first },
    { ...own, ...used, at, project_id: second },
  ])
  const [day, next] = await report(admin, name, {})
  assert.deepEqual([day?.start_time, day?.end_time, next?.start_time], [start_time, start_time + DAY, start_time + DAY])
  assert.deepEqual(next?.results, [])
  const [whole] = day?.results ?? []
  assert.equal(day?.results.length, 1)
  assert.partialDeepStrictEqual(whole, { object: `organization.${object}.result`, ...twice, project_id: null })

  const [filtered] = await report(admin, name, { project_ids: [second] })
  assert.partialDeepStrictEqual(filtered?.results[0], { ...once, project_id: null })
  const [grouped] = await report(admin, name, { group_by: ['project_id'] })
  const expected = [first, second].sort().map((project_id) => ({ ...once, project_id }))
  assert.partialDeepStrictEqual(grouped?.results, expected)

  const page = await admin.usage[name]({ start_time, end_time, limit: 1 })
  assert.deepEqual([page.data.length, page.has_more], [1, true])
  const rest = await admin.usage[name]({ start_time, end_time, limit: 1, page: page.next_page ?? '' })
  assert.deepEqual([rest.data[0]?.start_time, rest.has_more, rest.next_page], [start_time + DAY, false, null])
  const wrong = admin.usage[name]({ start_time, end_time, bucket_width: 'year' as never })
  await assert.rejects(wrong, refusal(400, 'invalid_value', 'bucket_width'))
  const stranger = await newOrganization(app)
  assert.deepEqual(
    (await report(stranger.admin, name, {})).flatMap(({ results }) => results),
    [],
  )
}

type Bucket = { start_time: number; end_time: number; results: object[] }
type Narrowed = { project_ids?: string[]; group_by?: 'project_id'[] }

async function report(admin: World['admin'], name: Report, query: Narrowed): Promise<Bucket[]> {
  return (await admin.usage[name]({ start_time, end_time, ...query })).data
}

export const usageScenarios: Record<string, Scenario> = Object.fromEntries(
  Object.keys(reports).map((name): [string, Scenario] => [
    `organization.usage.${name}`,
    (world) => drive(world, name as Report),
  ]),
)

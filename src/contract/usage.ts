import type { TOptional, TUnsafe } from 'typebox'
import { type Static, type TSchema, Type } from './json-schema.ts'
import { get } from './route.ts'
import { Const, Enum, Nullable, Query, Time } from './schema.ts'

type Fields = Record<string, TSchema>

/** Seconds until the year 10000: a time in milliseconds is refused rather than taken for one far away. */
export const Moment = (description: string) =>
  Type.Integer({ format: 'unixtime', minimum: 0, maximum: 253_402_300_799, description })
/** No stored value has a control character, and a database may refuse to look for one. */
export const Wanted = (description: string) =>
  Type.Optional(Type.Array(Type.String({ pattern: '^\\P{Cc}*$' }), { description }))
const WantedOf = <const T extends string[]>(values: T, description: string) =>
  Type.Optional(Type.Array(Enum(values), { description }))

const start = { start_time: Moment('Where the report starts, inclusive.') }
const window = {
  end_time: Type.Optional(Moment('Where it ends, exclusive. Omitted: with the bucket that is now.')),
  page: Type.Optional(Type.String({ description: 'The `next_page` of the page before.' })),
}
const buckets = {
  ...window,
  bucket_width: Enum(['1m', '1h', '1d'], { default: '1d', description: 'How long a bucket is.' }),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1440,
      description: 'Buckets on a page: of 1d 7, at most 31; of 1h 24, at most 168; of 1m 60, at most 1440.',
    }),
  ),
}

const ofProjects = { project_ids: Wanted('Only what was used in these projects.') }
const ofKeys = { api_key_ids: Wanted('Only what was used with these API keys.') }
export const ofOwners = {
  ...ofProjects,
  user_ids: Wanted('Only what these users or service accounts used.'),
  ...ofKeys,
}
export const ofModels = { ...ofOwners, models: Wanted('Only what these models did.') }
const ofJobs = {
  ...ofModels,
  batch: Type.Optional(Type.Boolean({ description: 'True: batch jobs only; false: everything else.' })),
}

const requests = { num_model_requests: Type.Integer({ description: 'Requests to the model.' }) }
const Tokens = (description: string) => Type.Integer({ description })
const inputTokens = { input_tokens: Tokens('All input tokens.'), ...requests }
const tokens = {
  input_tokens: Tokens('All input tokens, cached and cache-write tokens included.'),
  output_tokens: Tokens('All output tokens.'),
  ...requests,
  input_cached_tokens: Tokens('Input tokens read from a cache.'),
  input_cache_write_tokens: Tokens('Input tokens written to a cache.'),
  input_cache_write_30m_tokens: Tokens('Of those, kept for 30 minutes.'),
  input_cache_write_12h_tokens: Tokens('Of those, kept for 12 hours.'),
  input_uncached_tokens: Tokens('Input tokens neither read from a cache nor written to one.'),
  input_text_tokens: Tokens('Of those, text.'),
  input_audio_tokens: Tokens('Of those, audio.'),
  input_image_tokens: Tokens('Of those, images.'),
  input_cached_text_tokens: Tokens('Cached input tokens that are text.'),
  input_cached_audio_tokens: Tokens('Cached input tokens that are audio.'),
  input_cached_image_tokens: Tokens('Cached input tokens that are images.'),
  output_text_tokens: Tokens('Output tokens that are text.'),
  output_audio_tokens: Tokens('Output tokens that are audio.'),
  output_image_tokens: Tokens('Output tokens that are images.'),
}

/** A dimension of a result: null unless the report is grouped by it. */
const Group = (what: string) => Nullable(Type.String({ description: `${what}. Null unless grouped by it.` }))
const project = { project_id: Group('The project') }
const key = { api_key_id: Group('The API key') }
const owner = { ...project, user_id: Group('The user or service account whose key it was'), ...key }
const model = { ...owner, model: Group('The model') }
const source = {
  api_source: Nullable(
    Enum(['agents_api', 'unlabeled'], { description: 'Where requests came from. Null unless grouped by it.' }),
  ),
}
const job = {
  ...model,
  batch: Nullable(Type.Boolean({ description: 'Whether it was a batch job. Null unless grouped by it.' })),
  service_tier: Group('The service tier'),
  ...source,
}

/** What a report can be grouped by is what its results have a place for. */
const groupBy = <G extends Fields>(groups: G) => ({
  group_by: Type.Optional(
    Type.Array(Enum(Object.keys(groups) as (keyof G & string)[]), {
      description: 'What each bucket is broken down by.',
    }),
  ),
})

const Report = <R extends TSchema>(result: R) =>
  Type.Object({
    object: Const('page'),
    data: Type.Array(
      Type.Object({ object: Const('bucket'), start_time: Time, end_time: Time, results: Type.Array(result) }),
    ),
    has_more: Type.Boolean(),
    next_page: Nullable(Type.String()),
  })

/** A usage report. Its result is not always called what its path is. */
const usageReport = <
  const P extends string,
  const O extends string,
  Q extends Fields,
  M extends Fields,
  G extends Fields,
>(
  path: P,
  result: O,
  summary: string,
  { query, measures, groups }: { query: Q; measures: M; groups: G },
) =>
  get(`/v1/organization/usage/${path}`, {
    summary,
    permission: 'api.usage.read',
    inParts: true,
    query: Query({ ...start, ...buckets, ...groupBy(groups), ...query }),
    reply: Report(Type.Object({ object: Const(`organization.usage.${result}.result`), ...measures, ...groups })),
  })

/** Parameters that may also be null, which is empty text in a query: what the SDK's types of one report allow. */
const orNull = <F extends Fields>(fields: F) =>
  // Mapped one by one, which the type says and `fromEntries` forgets.
  Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => {
      const { type, enum: values, ...rest } = schema as { type?: string; enum?: unknown[] }
      const nullable = { ...rest, type: ['null', type], ...(values && { enum: [...values, null] }) }
      return [name, Type.Optional(Type.Unsafe(nullable))]
    }),
  ) as { [K in keyof F]: TOptional<TUnsafe<Static<F[K]> | null>> }

const images = { size: Group('The size of the images'), source: Group('What they were made for') }
const search = { context_level: Group('How much was searched') }
const store = { vector_store_id: Group('The vector store') }
const costGroups = { ...owner, line_item: Group('What was paid for'), ...source }
export const Amount = Type.Object({
  value: Type.Unsafe<number>({ type: 'number', description: 'In dollars.' }),
  currency: Const('usd'),
})

export const usage = {
  completions: usageReport('completions', 'completions', 'Report the tokens of chat completions and responses', {
    query: ofJobs,
    measures: tokens,
    groups: job,
  }),
  decisions: usageReport('decisions', 'decisions', 'Report the tokens of decisions', {
    query: orNull({ ...buckets, ...ofJobs, ...groupBy(job) }),
    measures: tokens,
    groups: job,
  }),
  embeddings: usageReport('embeddings', 'embeddings', 'Report the tokens of embeddings', {
    query: ofModels,
    measures: inputTokens,
    groups: model,
  }),
  moderations: usageReport('moderations', 'moderations', 'Report the tokens of moderations', {
    query: ofModels,
    measures: inputTokens,
    groups: model,
  }),
  images: usageReport('images', 'images', 'Report the images that were made', {
    query: {
      ...ofModels,
      sizes: WantedOf(['256x256', '512x512', '1024x1024', '1792x1792', '1024x1792'], 'Only images of these sizes.'),
      sources: WantedOf(['image.generation', 'image.edit', 'image.variation'], 'Only images made for these.'),
    },
    measures: { images: Type.Integer({ description: 'Images.' }), ...requests },
    groups: { ...model, ...images },
  }),
  audioSpeeches: usageReport('audio_speeches', 'audio_speeches', 'Report the characters that were spoken', {
    query: ofModels,
    measures: { characters: Type.Integer({ description: 'Characters.' }), ...requests },
    groups: model,
  }),
  audioTranscriptions: usageReport(
    'audio_transcriptions',
    'audio_transcriptions',
    'Report the seconds that were transcribed',
    { query: ofModels, measures: { seconds: Type.Integer({ description: 'Seconds.' }), ...requests }, groups: model },
  ),
  vectorStores: usageReport('vector_stores', 'vector_stores', 'Report the bytes of vector stores', {
    query: ofProjects,
    measures: { usage_bytes: Type.Integer({ description: 'Bytes.' }) },
    groups: project,
  }),
  codeInterpreterSessions: usageReport(
    'code_interpreter_sessions',
    'code_interpreter_sessions',
    'Report the sessions of the code interpreter',
    { query: ofProjects, measures: { num_sessions: Type.Integer({ description: 'Sessions.' }) }, groups: project },
  ),
  fileSearchCalls: usageReport('file_search_calls', 'file_searches', 'Report the calls of file search', {
    query: { ...ofOwners, vector_store_ids: Wanted('Only calls on these vector stores.') },
    measures: { num_requests: Type.Integer({ description: 'Calls.' }) },
    groups: { ...owner, ...store },
  }),
  webSearchCalls: usageReport('web_search_calls', 'web_searches', 'Report the calls of web search', {
    query: {
      ...ofModels,
      context_levels: WantedOf(['low', 'medium', 'high'], 'Only searches of these context levels.'),
    },
    measures: { num_requests: Type.Integer({ description: 'Calls.' }), ...requests },
    groups: { ...model, ...search, ...source },
  }),
  costs: get('/v1/organization/costs', {
    summary: 'Report what was spent',
    permission: 'api.usage.read',
    inParts: true,
    query: Query({
      ...start,
      ...window,
      bucket_width: Enum(['1d'], { default: '1d', description: 'How long a bucket is.' }),
      limit: Type.Integer({
        minimum: 1,
        maximum: 180,
        default: 7,
        description: 'Buckets on a page.',
        // The original says it otherwise here than in any list, and clients look for it.
        'x-above': 'Invalid limit provided: {got}. Limit must be less than or equal to {limit}.',
      }),
      ...ofProjects,
      ...ofKeys,
      line_items: Wanted('Only what was paid for these, by their exact names: `m1, input_tokens`.'),
      ...groupBy(costGroups),
    }),
    reply: Report(
      Type.Object({
        object: Const('organization.costs.result'),
        amount: Amount,
        ...costGroups,
        quantity: Nullable(
          Type.Unsafe<number>({ type: 'number', description: 'How much of it. Null unless grouped by line item.' }),
        ),
        quantity_unit: Group('What the quantity counts; null also where units differ'),
      }),
    ),
  }),
}

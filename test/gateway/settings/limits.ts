import { APIError, type APIPromise, toFile } from 'openai'
import { type Dimension, UNLIMITED } from '../../../src/core/catalogue.ts'
import { question } from '../gate.ts'
import { row, type Setting, type World } from './row.ts'

const audio = await toFile(Buffer.alloc(600_000), 'speech.wav', { type: 'audio/wav' })

const requests = {
  'a chat': ({ app, key }: World) => app.client(key).chat.completions.create(question),
  'a chat of 10 tokens': ({ app, key }: World) =>
    app.client(key).chat.completions.create({ ...question, max_completion_tokens: 10 }),
  'a chat with a model without a row': ({ app, key }: World) =>
    app.client(key).chat.completions.create({ ...question, model: 'unlisted' }),
  'two images': ({ app, key }: World) => app.client(key).images.generate({ model: 'm1', prompt: 'a house', n: 2 }),
  '600 kB of audio': ({ app, key }: World) => app.client(key).audio.transcriptions.create({ model: 'm1', file: audio }),
} satisfies Record<string, (world: World) => APIPromise<unknown>>

/** What a request is told, without what is another thing each time; and what its headers say. */
async function answer(sent: APIPromise<unknown>, { organization, projectId }: World, header: string | null) {
  const said = (headers: Headers | undefined) => [
    ...(header === null ? [] : [`${header} ${headers?.get(header)}`]),
    ...(headers?.has('retry-after') && headers.has('retry-after-ms') ? ['retry-after'] : []),
    ...(headers?.has('x-should-retry') ? [`x-should-retry ${headers.get('x-should-retry')}`] : []),
  ]
  try {
    const { response } = await sent.withResponse()
    return ['200', ...said(response.headers)]
  } catch (error) {
    if (!(error instanceof APIError)) throw error
    const message = error.message
      .replace(projectId, 'PROJECT')
      .replace(organization.id, 'ORGANIZATION')
      .replace(/in [\dhms.]+s\.$/, 'in A WHILE.')
    return [message, `type ${error.type}`, ...said(error.headers)]
  }
}

type Limit = {
  dimension: Dimension
  to: number
  /** The row's model; the default row's where it is `*default`. */
  model?: string
  request: keyof typeof requests
  /** The header that shows the limit, where there is one. */
  header?: 'x-ratelimit-limit-requests' | 'x-ratelimit-limit-project-tokens'
  /** The refusal of the second request, behind `project PROJECT organization ORGANIZATION on`. */
  type: string
  refusal: ['Rate limit reached' | 'Request too large', string]
}

/** What the second of two requests is told: a limit lets the first one in, unless it alone is more. */
function limit({ dimension, to, model = 'm1', request, header, type, refusal: [what, words] }: Limit): Setting {
  const set = ({ admin, projectId }: World, value: number) =>
    admin.projects.rateLimits.updateRateLimit(`rl-${model}`, { project_id: projectId, [dimension]: value })
  const later = what === 'Rate limit reached' ? 'retry-after' : 'x-should-retry false'
  const shows = (value: number) => (header === undefined ? [] : [`${header} ${value}`])
  // The project's tokens are shown only where it has a limit of its own; unset, it has that of the organization.
  const open = header === 'x-ratelimit-limit-project-tokens' ? [`${header} null`] : shows(UNLIMITED)
  return row({
    setting: `${dimension} of ${model === 'm1' ? 'a model' : 'all models without a row'} is ${to}`,
    ...(dimension === 'max_requests_per_1_minute' && to === 1 && model === 'm1' && { shows: ['limits'] as const }),
    by: ['rateLimits.update'],
    request: `${request}, the second time`,
    see: async (w) => {
      await answer(requests[request](w), w, null)
      return answer(requests[request](w), w, header ?? null)
    },
    without: ['200', ...open],
    set: (w) => set(w, to),
    with: [
      `429 ${what} for project PROJECT organization ORGANIZATION on ${words}`,
      `type ${type}`,
      ...shows(to),
      later,
    ],
    unset: (w) => set(w, UNLIMITED),
  })
}

const chats = { request: 'a chat', header: 'x-ratelimit-limit-requests', type: 'requests' } as const
const tokens = { request: 'a chat of 10 tokens', header: 'x-ratelimit-limit-project-tokens', type: 'tokens' } as const
const images = { request: 'two images', type: 'input-images' } as const
const megabytes = { request: '600 kB of audio', type: 'audio' } as const
const LESS = 'The input or output tokens must be reduced in order to run successfully.'

/** How much a project may use, in every dimension: a limit that is reached, and none at all. */
export const limitSettings = [
  limit({
    dimension: 'max_requests_per_1_minute',
    to: 1,
    ...chats,
    refusal: [
      'Rate limit reached',
      'requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in A WHILE.',
    ],
  }),
  limit({
    dimension: 'max_requests_per_1_minute',
    to: 0,
    ...chats,
    refusal: ['Request too large', 'requests per min (RPM): Limit 0, Requested 1.'],
  }),
  limit({
    dimension: 'max_requests_per_1_minute',
    to: 1,
    model: '*default',
    ...chats,
    request: 'a chat with a model without a row',
    refusal: [
      'Rate limit reached',
      'requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in A WHILE.',
    ],
  }),
  limit({
    dimension: 'max_requests_per_1_day',
    to: 1,
    ...chats,
    refusal: [
      'Rate limit reached',
      'requests per day (RPD): Limit 1, Used 1, Requested 1. Please try again in A WHILE.',
    ],
  }),
  limit({
    dimension: 'max_requests_per_1_day',
    to: 0,
    ...chats,
    refusal: ['Request too large', 'requests per day (RPD): Limit 0, Requested 1.'],
  }),
  limit({
    dimension: 'max_tokens_per_1_minute',
    to: 10,
    ...tokens,
    refusal: [
      'Rate limit reached',
      'tokens per min (TPM): Limit 10, Used 10, Requested 10. Please try again in A WHILE.',
    ],
  }),
  limit({
    dimension: 'max_tokens_per_1_minute',
    to: 9,
    ...tokens,
    refusal: ['Request too large', `tokens per min (TPM): Limit 9, Requested 10. ${LESS}`],
  }),
  limit({
    dimension: 'max_tokens_per_1_minute',
    to: 0,
    ...tokens,
    refusal: ['Request too large', `tokens per min (TPM): Limit 0, Requested 10. ${LESS}`],
  }),
  limit({
    dimension: 'max_images_per_1_minute',
    to: 2,
    ...images,
    refusal: ['Rate limit reached', 'input-images per min: Limit 2, Used 2, Requested 2. Please try again in A WHILE.'],
  }),
  limit({
    dimension: 'max_images_per_1_minute',
    to: 0,
    ...images,
    refusal: ['Request too large', 'input-images per min: Limit 0, Requested 2.'],
  }),
  limit({
    dimension: 'max_audio_megabytes_per_1_minute',
    to: 1,
    ...megabytes,
    refusal: [
      'Rate limit reached',
      'audio megabytes per min: Limit 1, Used 1, Requested 1. Please try again in A WHILE.',
    ],
  }),
  limit({
    dimension: 'max_audio_megabytes_per_1_minute',
    to: 0,
    ...megabytes,
    refusal: ['Request too large', 'audio megabytes per min: Limit 0, Requested 1.'],
  }),
]

import type { Declaration, FormShape, JsonShape, ObjectShape, StreamSign, WatchedReply } from './declaration.ts'
import { chat, completion, response, responseEvent, usageOnly } from './replies.ts'
import { told } from './told.ts'

/** What several routes have in common, for their declarations to be put together from. */
export const streamed: readonly StreamSign[] = [{ field: 'stream', is: true }]

/** A route that is asked for with a body, by whoever may use models, and decided with it or without. */
export const ask = {
  api: 'openai',
  whereMissing: 'as_it_says',
  method: 'POST',
  aliases: [],
  servedAt: 'base',
  permission: 'api.model.request',
  query: {},
  ends: null,
  answeredBy: 'model_server',
  ...{ offered: null, brings: [], isLong: false, lists: null },
  check: 'with_or_without_body',
} as const satisfies Partial<Declaration>

/** One that is all in its path. */
export const bare = {
  aliases: [],
  servedAt: 'base',
  api: 'openai',
  whereMissing: 'as_it_says',
  query: {},
  ends: null,
  ...{ offered: null, brings: [], isLong: false, lists: null },
  body: { kind: 'none' },
  check: 'with_or_without_body',
} as const satisfies Partial<Declaration>

/** What is said of one request, with which nothing is used. */
export const unmetered = {
  reply: { kind: 'plain' },
  charges: { tokens: 'none', output: false, images: false, audio: false },
  report: { kind: 'none' },
} as const satisfies Partial<Declaration>

/** JSON with these fields of the original's, about something that is kept. */
export const described = (...fields: string[]): ObjectShape => ({
  kind: 'object',
  fields: new Set(fields),
  items: null,
  refused: new Set(),
  // Names and values that the client gives what is kept.
  free: new Set(['attributes', 'metadata']),
})

/** A body that asks for no more than an answer: no tools, no tier, nothing kept, no response to go on from. */
export const plainJson = {
  kind: 'json',
  model: 'model',
  leftOut: null,
  models: ['tools', 'input[].tools', 'messages[].tools', 'moderation', 'svg'],
  maxima: [],
  maximum: 'optional',
  questions: null,
  told,
  pairs: null,
  streams: streamed,
  references: {
    refused: [{ field: 'previous_response_id' }, { field: 'conversation' }],
    responses: [],
    conversation: null,
    items: null,
  },
  tools: 'none',
  tier: 'none',
  store: 'never',
  background: null,
  characters: null,
  images: [],
} as const satisfies Omit<JsonShape, 'fields'>

/** A form: fields and files. */
export const form = {
  kind: 'form',
  model: 'model',
  leftOut: null,
  models: 'steps',
  text: 'prompt',
  // The original's have no maximum; other model servers take some of these names for it.
  maxima: ['max_tokens', 'max_completion_tokens', 'max_output_tokens'],
  streams: streamed,
  json: null,
} as const satisfies Partial<FormShape>

const watched = { kind: 'watched', kept: null, streamReports: 'always', makesImages: false, hears: false } as const
const completed = {
  ...watched,
  whole: completion,
  event: completion,
  counts: 'input_and_output',
  streamReports: 'on_demand',
} as const
export const watches = {
  completion: completed,
  chat: { ...completed, kept: { whole: chat, event: chat } },
  response: { ...watched, whole: response, event: responseEvent, counts: 'input_and_output' },
  input: { ...watched, whole: usageOnly, event: usageOnly, counts: 'input' },
} as const satisfies Record<string, WatchedReply>
